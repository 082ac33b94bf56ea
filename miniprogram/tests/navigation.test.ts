import { expect, test } from 'vitest'

import { resolve } from '@/navigation'

test('the server names pages by path; a page we lack opens its package', () => {
  expect(resolve('/pkg-billing/bill?id=7')).toBe('/pkg-billing/bill?id=7')
  expect(resolve('pages/home/home')).toBe('/pages/home/home')
  expect(resolve('/pkg-visits/index')).toBe('/pkg-visits/visits')
  expect(resolve('/pkg-unknown/page')).toBeNull()
})
