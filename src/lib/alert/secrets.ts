import type { Alert } from '../core/alert.ts'
import type { SecretReference } from '../core/check.ts'
import { isSecret } from '../core/secret-field.ts'
import type { RequestSecrets } from '../net/http/request-secrets.ts'
import type { Field } from '../net/http1/field.ts'
import { parseTemplate } from './template.ts'

/** Headers with what the alert says, and with what is secret. What can not stand in a header becomes a space. */
export async function headersOf(
  headers: Readonly<Record<string, string | SecretReference>>,
  { alert, secrets }: { readonly alert: Alert; readonly secrets: RequestSecrets },
): Promise<Field[]> {
  return Promise.all(
    Object.entries(headers).map(async ([name, value]): Promise<Field> => {
      if (isSecret(value)) return [name, await secrets.read(value)]
      return [name, parseTemplate(value)(alert, text => text.replaceAll(/[^\x20-\x7e]+/g, ' '))]
    }),
  )
}
