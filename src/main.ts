// Where every start begins. What needs no more than a text that is known is answered here; all else is in program.ts.
import { answers } from './answers.generated.ts'
import { stdoutIsTerminal, writeAtOnce } from './lib/io/write-at-once.ts'

const [asked = '', ...more] = process.argv.slice(2)
const { FORCE_COLOR: forced, OPSCTL_COLOR: color, COLUMNS: columns } = process.env
const known = more.length === 0 && !forced && !color && !columns ? answers.get(asked) : undefined
// On a terminal help has a width and colour of its own; a version is the same everywhere.
const answer = asked === '--version' || known === undefined || !stdoutIsTerminal() ? known : undefined
if (answer === undefined) void import('./program.ts')
else void writeAtOnce(answer).then(written => (written ? process.exit(0) : import('./program.ts')))
