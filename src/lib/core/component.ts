import type { Channel } from './alert.ts'
import type { Backend } from './backend.ts'
import type { Check } from './check.ts'
import type { Context } from './context.ts'
import type { Inventory } from './host.ts'
import type { Item, OutputRef } from './item.ts'
import type { Json } from './json.ts'
import type { LogSource } from './log-source.ts'
import type { StepKind } from './plan.ts'
import type { Report } from './report.ts'
import type { Rule } from './rule.ts'
import type { Sink } from './sink.ts'

/** What can be plugged in, by kind. Each kind has one folder, one contract suite and one entry here. */
export interface KindProducts {
  renderer: Renderer
  inventory: InventorySource
  check: Check
  step: StepKind
  backend: Backend
  rule: Rule
  channel: Channel
  source: LogSource
  sink: Sink
}
export type Kind = keyof KindProducts

export type Stability = 'stable' | 'beta' | 'experimental'

/** The one shape of everything pluggable: one file with one default export. The registry finds it by its folder. */
export interface Component<K extends Kind = Kind> {
  readonly kind: K
  /** Unique in its kind; what people write. */
  readonly type: string
  readonly version: string
  readonly summary: string
  readonly stability: Stability
  /** Made by a command for its own plans: not offered in files that people write. */
  readonly internal?: true
  /** JSON Schema of `build`'s config, for `explain`, docs and editors. */
  readonly schema: Json
  /** A configuration or use that the contract suite runs. */
  readonly example: Json
  build(config: Json): KindProducts[K]
}

export const defineComponent = <K extends Kind>(component: Component<K>): Component<K> => component
export const defineCheck = (component: Omit<Component<'check'>, 'kind'>): Component<'check'> => ({ kind: 'check', ...component })
export const defineStep = (component: Omit<Component<'step'>, 'kind'>): Component<'step'> => ({ kind: 'step', ...component })
export const defineBackend = (component: Omit<Component<'backend'>, 'kind'>): Component<'backend'> => ({
  kind: 'backend',
  ...component,
})
export const defineChannel = (component: Omit<Component<'channel'>, 'kind'>): Component<'channel'> => ({
  kind: 'channel',
  ...component,
})
export const defineSource = (component: Omit<Component<'source'>, 'kind'>): Component<'source'> => ({
  kind: 'source',
  ...component,
})
export const defineSink = (component: Omit<Component<'sink'>, 'kind'>): Component<'sink'> => ({ kind: 'sink', ...component })
/** A rule takes no configuration: it is what it is. */
export const defineRule = (rule: Rule): Component<'rule'> => ({
  kind: 'rule',
  type: rule.id,
  version: '1.0.0',
  summary: rule.title,
  stability: 'beta',
  schema: { type: 'object', properties: {}, additionalProperties: false },
  example: {},
  build: () => rule,
})
export const defineRenderer = (component: Omit<Component<'renderer'>, 'kind'>): Component<'renderer'> => ({
  kind: 'renderer',
  ...component,
})
export const defineInventory = (component: Omit<Component<'inventory'>, 'kind'>): Component<'inventory'> => ({
  kind: 'inventory',
  ...component,
})

/** A Report as text. Pure: the same report and environment give the same text. */
export interface Renderer {
  readonly mime: string
  /** True for formats that scripts depend on: no colour, no width. */
  readonly machine: boolean
  /** In pieces, so that a large report need not be in memory as text. */
  render(report: Report, env: RenderEnv): AsyncIterable<string>
  /** An item as it happens, for formats that need not wait for the end; `render` then prints only what is left. */
  item?(item: Item, env: RenderEnv): Promise<string>
  /** What people are told on stderr once the run is over, where this format goes to stdout; empty when there is nothing to say. */
  summary?(report: Report, env: RenderEnv): string
}

/** What a renderer may know besides the report. */
export interface RenderEnv {
  /** Columns of the terminal; 0 where there is none (pipe, file): nothing is shortened or wrapped. */
  readonly width: number
  readonly style: Style
  /** More detail for people: 0 is normal, -1 quiet, 1 and 2 verbose. */
  readonly verbosity: number
  /** Text of remote output, at most `limitBytes` of it, invalid UTF-8 as U+FFFD. */
  readOutput(ref: OutputRef, limitBytes?: number): Promise<{ readonly text: string; readonly truncated: boolean }>
  /** Host names as one node set, `web[1-3]`; without it they are joined by commas. */
  foldHosts?(names: readonly string[]): string
}

/** Colour by role; on a stream without colour every function returns its argument. A sign or word always says the same as the colour. */
export interface Style {
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly warn: (text: string) => string
  readonly dim: (text: string) => string
  readonly strong: (text: string) => string
  readonly name: (text: string) => string
}

/** Reads hosts from one place. */
export interface InventorySource {
  /** True when this source understands the file or word, judged by name and content; the first in order of `priority` wins. */
  accepts(input: InventoryInput): boolean
  readonly priority: number
  /** @throws OpsError E_INVENTORY with file, line and column */
  load(input: InventoryInput, tools: InventoryTools): Promise<Inventory>
}

/** A path that was given with -i, and what is there. */
export interface InventoryInput {
  readonly path: string
  /** Absent for a directory. */
  readonly text?: string
  readonly executable: boolean
  readonly directory: boolean
}

/** What a source needs of the outside world. */
export interface InventoryTools {
  readonly signal: AbortSignal
  /** What is at a path, for sources that are made of others. @throws OpsError E_INVENTORY when nothing is there or it can not be read */
  input(path: string): Promise<InventoryInput>
  /** Reads a file beside the inventory (group_vars, includes); undefined when it does not exist. A leading `~/` is the home directory. */
  readFile(path: string): Promise<string | undefined>
  /** Names in a directory, sorted, directories with a `/` at the end; empty when it does not exist. */
  readDirectory(path: string): Promise<readonly string[]>
  /** Parses YAML with positions. @throws OpsError E_INVENTORY */
  parseYaml(text: string, path: string, dialect?: YamlDialect): Promise<YamlDocument>
  /** Runs an executable inventory; rejects with E_INVENTORY on a non-zero exit, a time-out or too much output. */
  runProgram(path: string, args: readonly string[]): Promise<string>
}

/** `ansible` is YAML 1.1 as PyYAML reads it (`yes` is true, `0644` octal), a repeated key wins, `!vault` and `!unsafe` are known. */
export type YamlDialect = 'yaml' | 'ansible'

/** YAML as plain data that still knows where each value stands. */
export interface YamlDocument {
  readonly value: Json
  /** One-based position of the value at a path of keys and indexes; of the nearest parent when it is absent. */
  locate(path: readonly (string | number)[], part?: 'key' | 'value'): { readonly line: number; readonly column: number }
}

export type ComponentLoader = <K extends Kind>(kind: K, type: string, context?: Context) => Promise<Component<K>>
