/** The order of attributes in the names of Go (crypto/x509/pkix), and how it writes them. */
const order: readonly (readonly [name: string, written: string])[] = [
  ['serialNumber', 'SERIALNUMBER'],
  ['CN', 'CN'],
  ['postalCode', 'POSTALCODE'],
  ['street', 'STREET'],
  ['ST', 'ST'],
  ['L', 'L'],
  ['OU', 'OU'],
  ['O', 'O'],
  ['C', 'C'],
]

/** Attributes that Go knows by their number only, with a value of ASCII (IA5String). */
const numbered: Readonly<Record<string, string>> = { emailAddress: '1.2.840.113549.1.9.1', DC: '0.9.2342.19200300.100.1.25' }

/**
 * A distinguished name on one line, `C=DE, O=Shop, CN=web1`, in the way that Go writes it (RFC 2253, with attributes in an order of its
 * own): `CN=web1,O=Shop,C=DE`.
 */
export function goName(name: string): string {
  const attributes = name.split(/, (?=[A-Za-z][\w.]*=)/).map(attribute => {
    const [, key = '', value = ''] = /^([^=]*)=(.*)$/s.exec(attribute) ?? []
    return { key, value }
  })
  const known = order.flatMap(([key, written]) => {
    const values = attributes.filter(attribute => attribute.key === key).map(({ value }) => `${written}=${escaped(value)}`)
    return values.length > 0 ? [values.join('+')] : []
  })
  const others = attributes
    .filter(({ key }) => numbered[key] !== undefined)
    .reverse()
    .map(({ key, value }) => `${numbered[key]}=#${der(value)}`)
  return [...known, ...others].join(',')
}

/** RFC 2253, section 2.4. */
const escaped = (value: string): string => value.replace(/[,+"\\<>;]|^[ #]| $/g, '\\$&')

const der = (value: string): string =>
  Buffer.concat([Buffer.of(0x16, value.length), Buffer.from(value, 'latin1')]).toString('hex')
