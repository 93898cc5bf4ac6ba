export { type App, openApp, principalFrom } from './app.js';
export { type Config, ConfigError, loadConfig } from './config.js';
export { AppError, type ErrorCode } from './errors.js';
export { createLog, type Log } from './log.js';
export { type Principal, type Role, type Scope, scopesOf } from './principal.js';
export type { Store } from './repository/store.js';
export { VERSION } from './version.js';
