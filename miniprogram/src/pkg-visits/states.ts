import type { Role } from '@/stores/session'

/** The colours of the states of visits and batches. */
export const VISIT_COLOURS: Record<string, string> = { pending: 'amber', approved: 'green', arrived: 'blue', rejected: 'red', revoked: 'red' }

/** What somebody does who adds a visit. */
export const VISIT_ACTIONS: Record<Role, string> = { merchant: '邀请访客', tenant: '邀请访客', visitor: '登记来访', technician: '登记进出' }
