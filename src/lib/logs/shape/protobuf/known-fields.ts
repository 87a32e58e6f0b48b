/** Numbers of docs/proto/opsctl/logs/v1/record.proto. */
export const recordFields = {
  time: 1,
  trace_id: 2,
  span_id: 3,
  request_id: 4,
  source: 5,
  severity: 6,
  message: 7,
  fields: 8,
} as const
export const valueKinds = { text: 1, integer: 2, number: 3, truth: 4, object: 5, list: 6, decimal: 7 } as const

/** Fields that are texts, whatever they say. */
export const textFields = ['request_id', 'source', 'severity', 'message'] as const
/** Ids in hexadecimal, with how many bytes they have. */
export const idFields = { trace_id: 16, span_id: 8 } as const
