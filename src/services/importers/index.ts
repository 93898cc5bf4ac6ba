import type { Importer } from './define.js';

/** Foreign formats that can be read. */
export const IMPORTERS: readonly Importer[] = [];
