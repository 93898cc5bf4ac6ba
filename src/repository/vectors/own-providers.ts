/** Providers whose vectors are made here, and which agents therefore cannot write: `api` is a server, `onnx` a model in this process. */
export const OWN_PROVIDERS = ['api', 'onnx'] as const;
export type OwnProvider = (typeof OWN_PROVIDERS)[number];
