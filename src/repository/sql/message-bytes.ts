/** Beside the models, because examples are stored without a repository. */
export { attachmentBytes, messageBytes } from '../../models/message-bytes.js';
