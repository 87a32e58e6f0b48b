import { fileReading } from '../file-reading.ts'
import { textIn } from '../host-check.ts'
import type { Learned, Lesson } from './lesson.ts'

const accounts = fileReading('/etc/passwd')

/** Shells that let nobody in, and programs that take the place of one. */
const noLogin = /\/(nologin|false|true|sync|halt|shutdown|git-shell)$/

/** Users of the host itself, not of a directory, with a shell to log in with. */
export const users: Lesson = {
  title: 'Users with a login shell',
  readings: [accounts],
  learn(found) {
    const checks = textIn(found, accounts)
      .split('\n')
      .flatMap(line => {
        const [name = '', , uid = '', , , home = '', shell] = line.split(':')
        if (shell === undefined || noLogin.test(shell) || !/^[A-Za-z_][A-Za-z0-9_.@\\-]*\$?$/.test(name) || !/^\d+$/.test(uid))
          return []
        return [{ uid: Number(uid), check: userCheck({ name, uid: Number(uid), home, shell }) }]
      })
      .sort((one, other) => one.uid - other.uid)
    return { checks: checks.map(({ check }) => check), leftOut: [] }
  },
}

const userCheck = ({
  name,
  ...has
}: {
  readonly name: string
  readonly uid: number
  readonly home: string
  readonly shell: string
}): Learned => ({
  type: 'user',
  params: { name, ...has },
  why: `may have a shell${has.uid === 0 ? ' with all rights' : ''}`,
  sla: 'P2',
})
