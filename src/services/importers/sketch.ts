/** Which keys the objects of a file have: those at the top, those in a top-level list, and those in the lists of a top-level object. */
export type Sketch = Readonly<{
  top: ReadonlySet<string>;
  elements: ReadonlySet<string>;
  /** By the key that the list has. */
  wrapped: ReadonlyMap<string, ReadonlySet<string>>;
  /** In lists in the top-level list. */
  nested: ReadonlySet<string>;
}>;

const TOKEN = /"((?:[^"\\]|\\.)*)"(\s*:)?|[[\]{}]/gs;

/** Reads the beginning of a file for its keys, however it breaks off. */
export function sketch(head: string): Sketch {
  const [top, elements, nested] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const wrapped = new Map<string, Set<string>>();
  /** Open brackets, as text: `[{` is an object in a list. */
  let open = '';
  let list = '';
  for (const [token, text, colon] of head.matchAll(TOKEN)) {
    if (token === '[' || token === '{') open += token;
    else if (token === ']' || token === '}') open = open.slice(0, -1);
    else if (colon !== undefined && text !== undefined) {
      if (open === '{') {
        top.add(text);
        list = text;
      } else if (open === '[{') elements.add(text);
      else if (open === '[[{') nested.add(text);
      else if (open === '{[{') {
        const keys = wrapped.get(list);
        if (keys) keys.add(text);
        else wrapped.set(list, new Set([text]));
      }
    }
  }
  return { top, elements, wrapped, nested };
}

/** Whether one of these sets of keys has all of these. */
export const anyHas = (places: readonly (ReadonlySet<string> | undefined)[], ...keys: readonly string[]): boolean =>
  places.some((place) => place !== undefined && keys.every((key) => place.has(key)));
