import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { findCommand } from '../../src/lib/cli/find-command.ts'
import { parseArguments } from '../../src/lib/cli/parse.ts'
import { plainArguments } from '../../src/lib/cli/plain-arguments.ts'
import { checked, layer, type RawInput, typed } from '../../src/lib/config/layers.ts'
import { plainInput } from '../../src/lib/config/plain-input.ts'
import type { CommandEntry, FlagEntry } from '../../src/lib/core/command.ts'
import { commands, components, globals } from '../../src/registry.generated.ts'
import { shellWords } from '../helpers/shell-words.ts'

const program = { version: '0', commands, components, globals }
const entries = commands.map(entry => [entry.path.join(' '), entry] as const)

/** Words of all kinds: known flags in every spelling, values, numbers, separators, and what is none of them. */
function words(flags: readonly FlagEntry[]): fc.Arbitrary<string[]> {
  const flag = fc.constantFrom(...flags)
  const value = fc.constantFrom(
    'web1',
    '',
    '-',
    '--',
    '5',
    '0',
    '-1',
    '99999',
    'a=b',
    'json',
    'auto',
    'strict',
    'é x',
    '--nope',
    '-z',
  )
  const word = fc.oneof(
    flag.map(({ long }) => [`--${long}`]),
    flag.map(({ long }) => [`--no-${long}`]),
    flag.map(({ short }) => [`-${short ?? 'q'}`]),
    fc.tuple(flag, value).map(([{ long }, given]) => [`--${long}`, given]),
    fc.tuple(flag, value).map(([{ long }, given]) => [`--${long}=${given}`]),
    fc.tuple(flag, value).map(([{ short }, given]) => [`-${short ?? 'v'}${given}`]),
    fc.tuple(flag, value).map(([{ short }, given]) => [`-${short ?? 'v'}`, given]),
    fc
      .tuple(flag, fc.constantFrom(...flags.flatMap(({ choices }) => choices ?? []), 'x'))
      .map(([{ long }, given]) => [`--${long}`, given]),
    value.map(given => [given]),
  )
  return fc.array(word, { maxLength: 8 }).map(parts => parts.flat())
}

function parsed(entry: CommandEntry, argv: readonly string[]): RawInput | 'refused' {
  try {
    return parseArguments(entry, program, argv)
  } catch {
    return 'refused'
  }
}

describe.each(entries)('opsctl %s', (_, entry) => {
  const flags = [...entry.flags, ...globals]

  test('understands words without the parser as the parser does, or leaves them to it', () => {
    fc.assert(
      fc.property(words(flags), argv => {
        const plain = plainArguments(entry, program, argv)
        if (plain !== undefined) expect<unknown>(plain).toEqual(parsed(entry, argv))
      }),
      { numRuns: 300 },
    )
  })

  test('gives values without the schema as the schema does, or leaves them to it', async () => {
    const { default: command } = await entry.load()
    fc.assert(
      fc.property(words(flags), argv => {
        const given = parsed(entry, argv)
        if (given === 'refused') return
        const layered = layer({ entry, program, raw: typed(given, flags), env: {}, config: new Map() })
        const all = [...entry.flags, ...entry.args]
        const plain = plainInput(all, layered)
        if (plain !== undefined) expect(plain).toStrictEqual(checked(command.input, layered, all))
      }),
      { numRuns: 100 },
    )
  })

  test('needs neither for its examples, but for words and values of another make', () => {
    for (const { line } of entry.examples) {
      const argv = findCommand(program, shellWords(line)).rest
      if (argv.some(word => /^--[^=]+=|^-[a-zA-Z]{2,}/.test(word))) continue
      expect<unknown>(plainArguments(entry, program, argv)).toEqual(parsed(entry, argv))
    }
  })
})

test('what most starts give is plain', () => {
  const [exec] = commands
  for (const line of [
    '-t localhost -- true',
    '-t web[1-3] --collate --concurrency 5 -q -- uptime -s',
    '-o json -t a -t b uptime',
  ]) {
    const raw = exec && plainArguments(exec, program, line.split(' '))
    expect(raw).toBeDefined()
    if (!exec || !raw) continue
    const given = typed(raw, [...globals, ...exec.flags])
    const layered = layer({ entry: exec, program, raw: given, env: {}, config: new Map() })
    expect(plainInput(globals, layered)).toBeDefined()
    expect(plainInput([...exec.flags, ...exec.args], layered)).toBeDefined()
  }
})
