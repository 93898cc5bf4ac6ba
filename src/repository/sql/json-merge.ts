/** SQL for a shallow merge of two jsonb objects in which a null in the patch deletes its key. Both arguments are SQL expressions. */
export const jsonMerge = (target: string, patch: string): string =>
  `((${target} || ${patch}) - array(select p.key from jsonb_each(${patch}) p where p.value = 'null'))`;
