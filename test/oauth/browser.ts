/** What a page of ours holds, as far as somebody without eyes can use it. */
export type Seen = {
  status: number;
  headers: Headers;
  html: string;
  /** Where the answer leads, when it leads elsewhere. */
  location: URL | undefined;
  /** The form's address and what it would send as it stands. */
  form: { action: string; fields: URLSearchParams } | undefined;
};

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
export const unescaped = (text: string): string => text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name]!);

/** Gets pages and sends their forms like a browser without scripts; cookies are kept, redirects are not followed. */
export class Browser {
  readonly #cookies = new Map<string, string>();
  readonly #headers: Record<string, string>;

  constructor(headers: Record<string, string> = {}) {
    this.#headers = headers;
  }

  open(url: URL | string): Promise<Seen> {
    return this.#fetch(url, {});
  }

  /** Sends the form of a page with some fields changed; null leaves one out, a list sends it once for each. */
  submit(
    page: Seen,
    origin: string,
    changes: Record<string, string | null | readonly string[]>,
    headers: Record<string, string> = {},
  ): Promise<Seen> {
    if (!page.form) throw new Error(`There is no form on this page: ${page.html}`);
    const fields = new URLSearchParams(page.form.fields);
    for (const [name, value] of Object.entries(changes)) {
      fields.delete(name);
      for (const each of value === null ? [] : [value].flat()) fields.append(name, each);
    }
    return this.#fetch(new URL(page.form.action, origin), { method: 'POST', body: fields, headers });
  }

  forgetCookies(): void {
    this.#cookies.clear();
  }

  async #fetch(url: URL | string, init: RequestInit): Promise<Seen> {
    const cookie = [...this.#cookies].map((pair) => pair.join('=')).join('; ');
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { accept: 'text/html,application/xhtml+xml', ...(cookie ? { cookie } : {}), ...this.#headers, ...(init.headers as object) },
    });
    for (const set of response.headers.getSetCookie()) {
      const [name = '', value = ''] = set.split(';')[0]!.split('=');
      this.#cookies.set(name, value);
    }
    const html = await response.text();
    const location = response.headers.get('location');
    return {
      status: response.status,
      headers: response.headers,
      html,
      location: location === null ? undefined : new URL(location),
      form: formOf(html),
    };
  }
}

function formOf(html: string): Seen['form'] {
  const [, action, content = ''] = /<form [^>]*action="([^"]*)"[^>]*>([\s\S]*)<\/form>/.exec(html) ?? [];
  if (action === undefined) return undefined;
  const fields = new URLSearchParams();
  for (const [tag] of content.matchAll(/<input\b[^>]*>/g)) {
    const of = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
    const [name, type] = [of('name'), of('type')];
    if (name === undefined || ((type === 'checkbox' || type === 'radio') && !/\schecked\b/.test(tag))) continue;
    fields.append(name, unescaped(of('value') ?? ''));
  }
  return { action: unescaped(action), fields };
}
