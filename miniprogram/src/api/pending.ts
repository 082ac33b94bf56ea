/**
 * Operations of the contract that the server's own document does not have yet. A generated one takes precedence, so each
 * line here can go as soon as its module is there.
 */
export interface Pending {
  'GET /visits': { query: { cursor?: string; box?: 'mine' | 'to_approve' }; body: undefined; answer: Page<Visit> }
  'POST /visits': { query: object; body: VisitIn; answer: Visit }
  'GET /visits/{}': { query: object; body: undefined; answer: Visit }
  'POST /visits/{}/approve': { query: object; body: undefined; answer: Visit }
  'POST /visits/{}/reject': { query: object; body: { reason: string }; answer: Visit }
  'POST /visits/{}/cancel': { query: object; body: undefined; answer: Visit }
  'GET /visits/{}/pass': { query: object; body: undefined; answer: Pass }
  'GET /pass-batches': { query: { cursor?: string }; body: undefined; answer: Page<Batch> }
  'POST /pass-batches': { query: object; body: BatchIn; answer: Batch }
  'GET /pass-batches/{}': { query: object; body: undefined; answer: Batch }
}

interface Page<T> {
  items: T[]
  next: string | null
}

/** invitation: by a resident; application: by the visitor; technician: one's own entry and exit */
export interface VisitIn {
  kind: 'invitation' | 'application' | 'technician'
  visitor_name?: string
  visitor_phone?: string
  unit_id?: string
  purpose?: string
  plate?: string
  valid_from: string
  valid_until: string
}

export interface Visit {
  id: string
  kind: string
  kind_text: string
  visitor_name: string
  visitor_phone: string | null
  unit: string
  purpose: string
  plate: string
  valid_from: string
  valid_until: string
  state: string
  state_text: string
  reason: string
  created_at: string
}

export interface Pass {
  token: string
  numeric_code: string
  qr_url: string
  share_url: string
  valid_from: string
  valid_until: string
  state: string
}

export interface BatchIn {
  count: number
  purpose: string
  unit_id: string
  valid_from: string
  valid_until: string
  names?: string[]
}

export interface Batch {
  id: string
  count: number
  purpose: string
  unit: string
  valid_from: string
  valid_until: string
  state: string
  state_text: string
  reason: string
  created_at: string
}
