import type { Alert, ChannelPlace } from '../core/alert.ts'
import type { SecretReference } from '../core/check.ts'
import { OpsError } from '../core/errors.ts'
import { isSecret } from '../core/secret-field.ts'
import { type Field, isFieldValue } from '../net/http1/field.ts'
import { parseTemplate } from './template.ts'

/** The secrets of one attempt: read when it begins, and told to nobody. */
export class Secrets {
  readonly #place: Pick<ChannelPlace, 'secret'>
  readonly #values: string[] = []

  constructor(place: Pick<ChannelPlace, 'secret'>) {
    this.#place = place
  }

  /** Those that were read, to be masked. */
  get values(): readonly string[] {
    return this.#values
  }

  /** @throws OpsError when it can not be read, or not be sent */
  async read(reference: SecretReference): Promise<string> {
    const value = await this.#place.secret(reference)
    this.#values.push(value)
    if (isFieldValue(value)) return value
    throw new OpsError('E_CONFIG', `${nameOf(reference)} holds a line break or a control character`)
  }

  /** A URL that is a secret. @throws OpsError when it is none */
  async url(reference: SecretReference): Promise<URL> {
    const url = URL.parse(await this.read(reference))
    if (url && /^https?:$/.test(url.protocol)) return url
    throw new OpsError('E_CONFIG', `${nameOf(reference)} holds no https:// URL`)
  }
}

const nameOf = (reference: SecretReference): string => ('file' in reference ? reference.file : `the variable ${reference.env}`)

/** Headers with what the alert says, and with what is secret. What can not stand in a header becomes a space. */
export async function headersOf(
  headers: Readonly<Record<string, string | SecretReference>>,
  { alert, secrets }: { readonly alert: Alert; readonly secrets: Secrets },
): Promise<Field[]> {
  return Promise.all(
    Object.entries(headers).map(async ([name, value]): Promise<Field> => {
      if (isSecret(value)) return [name, await secrets.read(value)]
      return [name, parseTemplate(value)(alert, text => text.replaceAll(/[^\x20-\x7e]+/g, ' '))]
    }),
  )
}
