type UriTemplate = Readonly<{
  template: string;
  /** The values of the template's variables in `uri`, decoded; null when it is not of this shape. */
  match(uri: string): Record<string, string> | null;
}>;

/** The part of RFC 6570 that resources use: `{name}` for one path segment, and one `{?a,b}` for optional query parameters at the end. */
export function uriTemplate(template: string): UriTemplate {
  const [path = '', query = ''] = template.split('{?');
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((found) => found[1]!);
  const parameters = new Set(query.replace('}', '').split(',').filter(Boolean));
  const literals = path.split(/\{\w+\}/).map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const shape = new RegExp(`^${literals.join('([^/?#]+)')}(?:\\?([^#]*))?$`);

  return {
    template,
    match(uri) {
      const found = shape.exec(uri);
      if (!found) return null;
      const values: Record<string, string> = {};
      const pairs: [string, string | undefined][] = names.map((name, index) => [name, found[index + 1]]);
      for (const pair of (found[names.length + 1] ?? '').split('&').filter(Boolean)) {
        const [name = '', ...rest] = pair.split('=');
        if (!parameters.has(name)) return null;
        pairs.push([name, rest.join('=')]);
      }
      for (const [name, encoded] of pairs) {
        const value = decode(encoded ?? '');
        if (value === null || Object.hasOwn(values, name)) return null;
        values[name] = value;
      }
      return values;
    },
  };
}

function decode(text: string): string | null {
  try {
    const decoded = decodeURIComponent(text);
    return decoded.includes('\0') ? null : decoded;
  } catch {
    return null;
  }
}
