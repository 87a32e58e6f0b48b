import { createHmac } from 'node:crypto'
import type { SecretReference } from '../../../core/check.ts'
import { OpsError } from '../../../core/errors.ts'
import { type FileNode, shown } from '../../../core/file-node.ts'
import { secretField } from '../../../core/secret-field.ts'
import { readFields } from '../field-path.ts'
import { plainOf } from '../json-members.ts'
import { knownKeys } from '../read-keys.ts'
import { changing, type ReadStep } from '../step.ts'

const form = 'write `hash: { fields: [user], key: { file: /etc/opsctl/hash.key } }`'
const leastKey = 16

/** `hash: { fields, key, digits }`: HMAC-SHA256 of the text of each field, in hexadecimal, cut to so many digits. */
export const readHash: ReadStep = node => {
  if (!knownKeys(node, { noun: 'hash', keys: ['fields', 'key', 'digits'], form })) return undefined
  const written = node.child('fields')
  const fields = written.isAbsent ? written.wrong('hash needs fields', { hint: form }) : readFields(written)
  const key = readSecretReference(node.child('key'))
  const digits = readDigits(node.child('digits'))
  if (!fields || !key || digits === undefined) return undefined
  return async ({ secret }) => {
    const value = await secret(key)
    if (value.length < leastKey) {
      throw new OpsError('E_CONFIG', `${node.child('key').place}: the key has fewer than ${leastKey} characters`, {
        hint: 'with a short key the values are found by trying: head -c 32 /dev/urandom | base64',
      })
    }
    return changing(draft => {
      for (const field of fields) {
        const json = draft.get(field)
        if (json === undefined || json === 'null') continue
        draft.set(field, `"${createHmac('sha256', value).update(plainOf(json)).digest('hex').slice(0, digits)}"`)
      }
    })
  }
}

function readSecretReference(node: FileNode): SecretReference | undefined {
  if (node.isAbsent) return node.wrong('hash needs a key', { hint: form })
  const found = secretField().safeParse(node.value)
  if (found.success) return found.data
  return node.wrong(`${node.key}: a secret does not stand here itself`, { hint: 'write { file: … } or { env: … }' })
}

function readDigits(node: FileNode): number | undefined {
  if (node.isAbsent) return 64
  const { value } = node
  if (typeof value === 'number' && Number.isInteger(value) && value >= 8 && value <= 64) return value
  return node.wrong(`digits is a number from 8 to 64, not ${shown(value)}`)
}
