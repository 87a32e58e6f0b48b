import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { root } from '../../scripts/release/packaging.ts'

/** Checks a list of contents by the schema that the makers of CycloneDX 1.6 publish with their library; its `errors` say what is wrong. */
export function cycloneDxValidator(): ValidateFunction {
  const schema = (name: string): object =>
    JSON.parse(
      readFileSync(join(root, 'node_modules/@cyclonedx/cyclonedx-library/res/schema', `${name}.SNAPSHOT.schema.json`), 'utf8'),
    )
  // These two formats have no check in ajv-formats; nothing that opsctl writes has them but addresses, which are plain URIs.
  const ajv = new Ajv({ strict: false, allErrors: true, formats: { 'iri-reference': /^[!-~]*$/, 'idn-email': true } })
  addFormats.default(ajv)
  for (const name of ['spdx', 'jsf-0.82', 'cryptography-defs'])
    ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`)
  return ajv.compile(schema('bom-1.6'))
}
