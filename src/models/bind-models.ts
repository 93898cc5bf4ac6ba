import type { Model, ModelStatic, Sequelize } from 'sequelize';
import type { Models } from './index.js';

/** The same models, sending through another Sequelize on the same database. */
export function bindModels(models: Models, sequelize: Sequelize): Models {
  const known = new Map<string, ModelStatic<Model>>();
  const bound = {};
  for (const [name, model] of Object.entries<ModelStatic<Model>>(models)) {
    if (model.sequelize === sequelize) return models;
    const get = (): ModelStatic<Model> => {
      const there = known.get(name) ?? bind(model, sequelize);
      known.set(name, there);
      return there;
    };
    Object.defineProperty(bound, name, { get, enumerable: true });
  }
  return bound as Models;
}

/** A subclass, as Sequelize itself makes one for a scope: statics and rows reach the database through `sequelize` of their class. */
const bind = (model: ModelStatic<Model>, sequelize: Sequelize): ModelStatic<Model> => {
  const subclass = class extends (model as unknown as typeof Model) {};
  Object.defineProperties(subclass, { name: { value: model.name }, sequelize: { value: sequelize } });
  return subclass as unknown as ModelStatic<Model>;
};
