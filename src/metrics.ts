import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * What this process counts and times, in a registry of its own. Labels hold names from our own lists only: no tenant, user
 * or credential, and nothing a caller can make up.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly #toolDuration = new Histogram({
    name: 'recollect_tool_duration_seconds',
    help: 'Time a tool call took.',
    labelNames: ['tool', 'outcome'],
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly #toolErrors = new Counter({
    name: 'recollect_tool_errors_total',
    help: 'Tool calls that were answered with an error.',
    labelNames: ['tool', 'code'],
    registers: [this.registry],
  });
  readonly #httpDuration = new Histogram({
    name: 'recollect_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer; streams are left out.',
    labelNames: ['route', 'method'],
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly #httpRequests = new Counter({
    name: 'recollect_http_requests_total',
    help: 'Requests that were answered.',
    labelNames: ['route', 'method', 'status'],
    registers: [this.registry],
  });
  readonly #refused = new Counter({
    name: 'recollect_http_refused_total',
    help: 'Requests that were turned away before they did anything.',
    labelNames: ['reason'],
    registers: [this.registry],
  });

  readonly #jobDuration = new Histogram({
    name: 'recollect_job_duration_seconds',
    help: 'Time a run of a job took.',
    labelNames: ['job', 'status'],
    buckets: SECONDS,
    registers: [this.registry],
  });

  /** Figures by their labels: looking them up by an object of labels is most of what counting costs. */
  readonly #ofTool = new Map<string, Histogram.Internal<string>>();
  readonly #ofRoute = new Map<string, Histogram.Internal<string>>();
  readonly #answered = new Map<string, Counter.Internal>();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** `code` says what went wrong; null when nothing did. */
  toolCalled(tool: string, seconds: number, code: string | null): void {
    const outcome = code === null ? 'ok' : 'error';
    remembered(this.#ofTool, `${tool} ${outcome}`, () => this.#toolDuration.labels(tool, outcome)).observe(seconds);
    if (code !== null) this.#toolErrors.inc({ tool, code });
  }

  /** `seconds` is null for a stream, whose length says nothing. */
  requestAnswered(route: string, method: string, status: number, seconds: number | null): void {
    remembered(this.#answered, `${route} ${method} ${status}`, () => this.#httpRequests.labels(route, method, String(status))).inc();
    if (seconds !== null) remembered(this.#ofRoute, `${route} ${method}`, () => this.#httpDuration.labels(route, method)).observe(seconds);
  }

  requestRefused(reason: 'credential' | 'rate' | 'host' | 'origin' | 'size'): void {
    this.#refused.inc({ reason });
  }

  jobEnded(job: string, status: string, seconds: number): void {
    this.#jobDuration.observe({ job, status }, seconds);
  }

  /** A figure that is asked for when somebody looks. `read` returns null when it is not known at the moment. */
  watch(name: string, help: string, read: () => number | null | Promise<number | null>): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        const value = await read();
        if (value === null) this.reset();
        else this.set(value);
      },
    });
  }

  /** The Prometheus text format. */
  async text(): Promise<{ contentType: string; body: string }> {
    return { contentType: this.registry.contentType, body: await this.registry.metrics() };
  }
}

function remembered<T>(known: Map<string, T>, key: string, make: () => T): T {
  const there = known.get(key);
  if (there !== undefined) return there;
  const made = make();
  known.set(key, made);
  return made;
}
