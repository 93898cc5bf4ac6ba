/** Markup that is safe to put into a page. */
export class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

type Piece = Html | string | number | undefined | false | readonly Piece[];

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const render = (piece: Piece): string => {
  if (piece === undefined || piece === false) return '';
  if (piece instanceof Html) return String(piece);
  if (Array.isArray(piece)) return piece.map(render).join('');
  return String(piece).replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
};

/** Text in between is escaped, whoever wrote it; only what this function made is taken as markup. */
export const html = (strings: TemplateStringsArray, ...pieces: Piece[]): Html =>
  new Html(strings.map((text, index) => text + render(pieces[index])).join(''));
