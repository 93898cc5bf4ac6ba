/** Rows believed at the time `knownAt` (a parameter; null is now) of what was true at `asOf`. */
export const holds = (row: string, { asOf, knownAt }: { asOf: string; knownAt: string }): string => `
    (${row}.invalidated_at is null or ${row}.invalidated_at > ${knownAt}::timestamptz)
    and (${knownAt}::timestamptz is null or ${row}.recorded_at <= ${knownAt}::timestamptz)
    and (${row}.valid_from is null or ${row}.valid_from <= ${asOf}::timestamptz)
    and (${row}.valid_to is null or ${row}.valid_to > ${asOf}::timestamptz)`;

/** The one belief about the node n at that moment, out of its row and its versions, as a lateral `c`. */
export const beliefOf = (node: string, moment: { asOf: string; knownAt: string }): string => `lateral (
    select ${node}.label, ${node}.type, ${node}.properties, ${node}.valid_from, ${node}.valid_to, ${node}.recorded_at where ${holds(node, moment)}
    union all
    select v.label, v.type, v.properties, v.valid_from, v.valid_to, v.recorded_at from memory_graph_node_versions v
    where v.tenant_id = $1 and v.node_id = ${node}.id and ${holds('v', moment)}
    limit 1
  ) c`;
