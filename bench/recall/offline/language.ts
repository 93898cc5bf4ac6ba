import { PGlite } from '@electric-sql/pglite';
import { quoteLexeme } from '../../../src/search/plan.js';

/** PostgreSQL's own stemming and ts_rank, in memory. */
export class Language implements AsyncDisposable {
  readonly #db: PGlite;
  private constructor(db: PGlite) {
    this.#db = db;
  }

  static async open(): Promise<Language> {
    const db = await PGlite.create();
    await db.exec('create table turns (at int primary key, search tsvector not null); create index on turns using gin (search)');
    return new Language(db);
  }

  /** The tsvector of every text, in text form; `rank` then looks among these texts. */
  async index(texts: readonly string[]): Promise<string[]> {
    await this.#db.exec('truncate turns');
    const { rows } = await this.#db.query<{ search: string }>(
      `with inserted as (
         insert into turns select at - 1, to_tsvector('english', text) from unnest($1::text[]) with ordinality t(text, at)
         returning at, search::text)
       select search from inserted order by at`,
      [texts],
    );
    return rows.map(({ search }) => search);
  }

  async stem(words: readonly string[]): Promise<Map<string, string[]>> {
    const { rows } = await this.#db.query<{ word: string; lexemes: string[] }>(
      `select word, tsvector_to_array(to_tsvector('english', word)) as lexemes from unnest($1::text[]) word`,
      [words],
    );
    return new Map(rows.map(({ word, lexemes }) => [word, lexemes]));
  }

  /** The places of the texts with any of the lexemes, the best by the sum of ts_rank weighed by idf. */
  async rank(lexemes: readonly string[], weights: readonly number[], limit: number): Promise<number[]> {
    const { rows } = await this.#db.query<{ at: number }>(
      `select t.at from unnest($1::text[]::tsquery[], $2::float8[]) q(query, weight) join turns t on t.search @@ q.query
       group by t.at order by sum(q.weight * ts_rank(t.search, q.query)) desc, t.at limit $3`,
      [lexemes.map(quoteLexeme), weights, limit],
    );
    return rows.map(({ at }) => at);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#db.close();
  }
}
