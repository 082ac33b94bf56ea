import type { Item } from '@/api/client'

/** A unit that can be chosen when applying. */
export type UnitChoice = Item<'GET /communities/{}/units'>
