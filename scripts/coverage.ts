/**
 * `npm run coverage [-- test/journal …]`: runs the tests, all but e2e when none is named, and prints which functions of src they ran. The lcov of the
 * runtime knows lines and no names of functions; those come from TypeScript's syntax tree.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { API } from 'typescript/unstable/async'
import { runShown } from './run-shown.ts'

/** What is used of a node, since the shapes of all kinds differ. */
interface SyntaxNode {
  readonly pos: number
  readonly end: number
  readonly name?: { readonly text?: string }
  readonly body?: SyntaxNode
  readonly initializer?: SyntaxNode
  forEachChild(visit: (child: SyntaxNode) => undefined): unknown
}

interface NamedFunction {
  readonly name: string
  readonly from: number
  readonly to: number
}

const root = join(import.meta.dirname, '..')
const directory = '.tmp/coverage'
process.chdir(root)
const named = process.argv.slice(2)
const wanted = named.length > 0 ? named : readdirSync('test').flatMap(name => (name === 'e2e' ? [] : [`test/${name}`]))
const argv = [
  process.execPath,
  'test',
  '--coverage',
  '--coverage-reporter=lcov',
  `--coverage-dir=${directory}`,
  '--timeout=60000',
  ...wanted,
]
const { code } = await runShown({ argv, env: { NO_COLOR: '1' }, show: 'if-failed', deadlineMs: 3_600_000 })
const api = new API({ cwd: root })
try {
  const told = await report(readFileSync(join(directory, 'lcov.info'), 'utf8'))
  process.exitCode = told && code === 0 ? 0 : 1
} finally {
  await api.close()
}

/** One line for each file, and below it the functions that no test ran. False when there was nothing to tell of. */
async function report(lcov: string): Promise<boolean> {
  const [project] = (await api.updateSnapshot({ openProject: join(root, 'tsconfig.json') })).getProjects()
  let [all, ran] = [0, 0]
  for (const record of lcov.split('end_of_record')) {
    const file = /^SF:(src\/.*)$/m.exec(record)?.[1]
    const tree = file && (await project?.program.getSourceFile(join(root, file)))
    if (!file || !tree) continue
    const counts = new Map([...record.matchAll(/^DA:(\d+),(\d+)/gm)].map(([, line, count]) => [Number(line), Number(count)]))
    const functions = functionsOf(tree as unknown as SyntaxNode, readFileSync(file, 'utf8'))
    const missed = functions.filter(each => !wasRun(each, counts))
    all += functions.length
    ran += functions.length - missed.length
    process.stdout.write(`${file}: ${functions.length - missed.length} of ${functions.length}\n`)
    for (const { name, from } of missed) process.stdout.write(`  never ran: ${name} (line ${from})\n`)
  }
  process.stdout.write(`${ran} of ${all} functions ran: ${((100 * ran) / all).toFixed(1)} %\n`)
  return all > 0
}

function functionsOf(tree: SyntaxNode, text: string): NamedFunction[] {
  const lineOf = (at: number): number => text.slice(0, at).split('\n').length
  const found: NamedFunction[] = []
  const visit = (node: SyntaxNode): undefined => {
    const body = node.body ?? node.initializer?.body
    if (body && node.name?.text !== undefined)
      found.push({ name: node.name.text, from: lineOf(body.pos + 1), to: lineOf(body.end) })
    node.forEachChild(visit)
  }
  tree.forEachChild(visit)
  return found
}

/** By the lines of its body behind the first, which the definition runs too; a function of one line counts by that line. */
function wasRun({ from, to }: NamedFunction, counts: ReadonlyMap<number, number>): boolean {
  const lines = [...counts].filter(([line]) => line >= (to > from ? from + 1 : from) && line <= to)
  return lines.length === 0 || lines.some(([, count]) => count > 0)
}
