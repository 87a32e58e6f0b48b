import type { RenderEnv } from '../core/component.ts'
import { exitCodeOf } from '../core/exit.ts'
import type { Item, OutputRef } from '../core/item.ts'
import type { Json } from '../core/json.ts'
import type { Block, Report } from '../core/report.ts'

// The versioned contract of the formats json, ndjson and yaml; report-schema.ts says it as a JSON Schema. Keys come in the order
// written here, a key without a value is left out, and remote output is given as text.

export type JsonObject = { readonly [key: string]: Json }

/** Text of one output that a document carries at most; `bytes` and `sha256` always speak of all of it. */
const textLimit = 1024 * 1024

/** The report without what can be large, in two parts: what comes before the items and what comes after. */
export async function reportFrame(report: Report, env: RenderEnv): Promise<{ before: JsonObject; after: JsonObject }> {
  const { kind, version, runId, title, startedAt, durationMs, counts, omitted, changed, data, stopped, timeline, omittedSpans } =
    report
  const blocks = report.blocks && (await Promise.all(report.blocks.map(block => blockJson(block, env))))
  return {
    before: compact({ kind, version, runId, title, startedAt, durationMs, exitCode: exitCodeOf(report), counts }),
    after: compact({ omitted, changed, blocks, timeline, omittedSpans, data, stopped }),
  }
}

export async function itemJson(item: Item, env: RenderEnv): Promise<JsonObject> {
  const { path, host, name, verdict, outcome, reason, message, labels, severity, rollbackable } = item
  const { startedAt, durationMs, metrics, output, data } = item
  const isCut = reason === 'output-limit'
  return compact({
    path,
    host,
    name,
    verdict,
    outcome,
    reason,
    message,
    labels,
    severity,
    rollbackable,
    startedAt,
    durationMs,
    metrics,
    output: output && {
      stdout: output.stdout && (await outputJson(output.stdout, env, isCut)),
      stderr: output.stderr && (await outputJson(output.stderr, env, isCut)),
    },
    data,
  })
}

async function blockJson({ title, hosts, outcome, body, diff }: Block, env: RenderEnv): Promise<JsonObject> {
  return compact({ title, hosts, outcome, body: await Promise.all(body.map(ref => outputJson(ref, env))), diff })
}

/** `isCut`: the command was ended for what it printed, so nobody knows the rest. */
async function outputJson(ref: OutputRef, env: RenderEnv, isCut = false): Promise<JsonObject> {
  const { text, truncated } = await env.readOutput(ref, textLimit)
  return compact({ text, bytes: ref.bytes, sha256: ref.sha256, truncated: truncated || isCut, file: ref.file })
}

/** A value as JSON holds it: no undefined, no number that JSON cannot write (null instead), well-formed strings. */
function compact(value: object): JsonObject {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [key.toWellFormed(), toJson(inner)]),
  )
}

function toJson(value: unknown): Json {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'boolean') return value
  if (Array.isArray(value)) return value.map(toJson)
  return typeof value === 'object' && value !== null ? compact(value) : null
}
