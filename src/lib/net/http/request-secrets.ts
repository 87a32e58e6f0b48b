import type { SecretReference } from '../../core/check.ts'
import { OpsError } from '../../core/errors.ts'
import { isFieldValue } from '../http1/field.ts'

/** Reads a secret. @throws OpsError E_CONFIG */
type ReadSecret = (reference: SecretReference) => Promise<string>

/** The secrets of one attempt: read when it begins, and told to nobody. */
export class RequestSecrets {
  readonly #secret: ReadSecret
  readonly #values: string[] = []

  constructor({ secret }: { readonly secret: ReadSecret }) {
    this.#secret = secret
  }

  /** Those that were read, to be masked. */
  get values(): readonly string[] {
    return this.#values
  }

  /** @throws OpsError when it can not be read, or not be sent */
  async read(reference: SecretReference): Promise<string> {
    const value = await this.#secret(reference)
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
