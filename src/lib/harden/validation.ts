import type { StepPlace } from '../core/plan.ts'
import type { RuleArea } from '../core/rule.ts'
import { runScript } from '../plan/steps/on-host.ts'
import { hostScript } from '../transport/host-script.ts'
import type { InnerStep } from './inner-steps.ts'

/** What the program itself says of a file before it is put in place. A wrong sudoers file would take sudo away at once. @throws StepError */
export async function validateBefore(place: StepPlace, area: RuleArea, { kind, params }: InnerStep): Promise<void> {
  if (area !== 'sudo' || kind !== 'write-file') return
  const { content } = params as { readonly content: string }
  await runScript(place, visudo, { args: [], stdin: Buffer.from(content) })
}

/** What sshd says of all its files after they were written, and before it is told to read them. @throws StepError */
export async function validateAfter(place: StepPlace, area: RuleArea): Promise<void> {
  if (area === 'sshd') await runScript(place, sshd, { args: [] })
}

/** The path of a user who calls sudo need not have the directories of the administrator. */
const visudo = hostScript(
  'check by visudo what is to be written',
  'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; visudo -cqf - >&2',
)

/** `-T` reads the files as `-t` does; both want the directory that Debian makes when the daemon starts. */
const sshd = hostScript(
  'check the configuration by sshd -t',
  'daemon=$(command -v sshd || command -v /usr/sbin/sshd || command -v /usr/local/sbin/sshd) || exit 1;',
  '"$daemon" -t 2>/dev/null || unshare -m sh -c "mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && exec \\"\\$@\\"" sh "$daemon" -t 2>/dev/null ||',
  '{ "$daemon" -t >&2; exit 1; }',
)
