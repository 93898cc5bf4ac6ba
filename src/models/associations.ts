import type { Model, ModelStatic } from 'sequelize';
import type { Models } from './index.js';
import { isTenantOwned } from './tenant-guard.js';

/**
 * Joins the models both ways. Sequelize knows one column of each key only (the constraints are in the migrations), so an
 * `include` must give `on` with the tenant as well; the tenant guard refuses it otherwise.
 */
export function associate(models: Models): void {
  const {
    Tenant,
    User,
    Device,
    Session,
    UserCredential,
    UserLoginAttempt,
    PasswordResetToken,
    ApiToken,
    OauthClient,
    OauthGrant,
    Conversation,
    Message,
    MessageAsset,
    MessageVector,
    MessageEvent,
    EpisodicMemory,
    MemoryVector,
    MemoryGraphNode,
    MemoryGraphNodeVersion,
    MemoryGraphObservation,
    MemoryGraphEdge,
    Task,
    Job,
    JobRun,
  } = models;

  for (const model of Object.values<ModelStatic<Model>>(models)) {
    if (isTenantOwned(model)) join(model, 'tenantId', Tenant, 'tenant', model.getTableName() as string);
  }

  join(Session, 'userId', User, 'user', 'sessions');
  join(UserCredential, 'userId', User, 'user', 'credentials');
  join(UserLoginAttempt, 'credentialId', UserCredential, 'credential', 'loginAttempts');
  join(PasswordResetToken, 'credentialId', UserCredential, 'credential', 'resetTokens');
  join(ApiToken, 'userId', User, 'user', 'apiTokens');
  join(OauthGrant, 'clientId', OauthClient, 'client', 'grants');
  join(OauthGrant, 'userId', User, 'user', 'oauthGrants');
  join(OauthGrant, 'credentialId', UserCredential, 'credential', 'oauthGrants');

  join(Conversation, 'userId', User, 'user', 'conversations');
  join(Conversation, 'sessionId', Session, 'session', 'conversations');
  join(Conversation, 'deviceId', Device, 'device', 'conversations');
  join(Message, 'conversationId', Conversation, 'conversation', 'messages');
  join(Message, 'userId', User, 'user', 'messages');
  join(MessageAsset, 'messageId', Message, 'message', 'assets');
  join(MessageAsset, 'conversationId', Conversation, 'conversation', 'assets');
  join(MessageVector, 'messageId', Message, 'message', 'vectors');
  join(MessageVector, 'conversationId', Conversation, 'conversation', 'vectors');
  join(MessageEvent, 'messageId', Message, 'message', 'events');
  join(MessageEvent, 'conversationId', Conversation, 'conversation', 'events');
  join(MessageEvent, 'userId', User, 'user', 'events');

  join(EpisodicMemory, 'userId', User, 'user', 'memories');
  join(EpisodicMemory, 'conversationId', Conversation, 'conversation', 'memories');
  join(EpisodicMemory, 'supersedesId', EpisodicMemory, 'supersedes', 'successors');
  join(EpisodicMemory, 'supersededById', EpisodicMemory, 'supersededBy', 'superseded');
  join(MemoryVector, 'subjectId', EpisodicMemory, 'memory', 'vectors');
  join(MemoryVector, 'subjectId', MemoryGraphNode, 'node', 'vectors');
  join(MemoryGraphNodeVersion, 'nodeId', MemoryGraphNode, 'node', 'versions');
  join(MemoryGraphObservation, 'nodeId', MemoryGraphNode, 'node', 'observations');
  join(MemoryGraphEdge, 'sourceId', MemoryGraphNode, 'source', 'outgoing');
  join(MemoryGraphEdge, 'targetId', MemoryGraphNode, 'target', 'incoming');

  join(Task, 'userId', User, 'user', 'tasks');
  join(Task, 'conversationId', Conversation, 'conversation', 'tasks');
  join(Task, 'messageId', Message, 'message', 'tasks');
  join(JobRun, 'job', Job, 'jobOf', 'runs', 'name');
  join(JobRun, 'tenantId', Tenant, 'tenant', 'jobRuns');
}

// The key is named on both sides: left out, Sequelize takes the first column of the primary key, which is the tenant.
function join<C extends Model, P extends Model>(
  child: ModelStatic<C>,
  foreignKey: string,
  parent: ModelStatic<P>,
  one: string,
  many: string,
  key = 'id',
): void {
  child.belongsTo(parent, { as: one, foreignKey, targetKey: key, constraints: false });
  parent.hasMany(child, { as: many, foreignKey, sourceKey: key, constraints: false });
}
