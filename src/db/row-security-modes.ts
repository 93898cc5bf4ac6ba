/** `auto` uses policies wherever the server lets us, `require` refuses to serve without them, `off` leaves them alone. */
export const ROW_SECURITY_MODES = ['auto', 'require', 'off'] as const;
export type RowSecurityMode = (typeof ROW_SECURITY_MODES)[number];

/** The role that tenants are served under: it owns nothing and cannot log in. */
export const TENANT_ROLE = 'recollect_app';
