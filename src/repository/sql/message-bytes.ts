/** Beside the models, because examples are stored without a repository. */
export { messageBytes } from '../../models/message-bytes.js';
