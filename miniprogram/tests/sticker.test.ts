import { expect, test } from 'vitest'

import { codeOfSticker } from '@/pkg-repairs/sticker'

test('a sticker is known by its own parameter and by the address that WeChat scanned', () => {
  expect(codeOfSticker({ point: 'AB12' })).toBe('AB12')
  expect(codeOfSticker({ q: encodeURIComponent('https://wy.example.com/m/#/pkg-repairs/report?point=AB12') })).toBe('AB12')
  expect(codeOfSticker({ q: encodeURIComponent('https://wy.example.com/') })).toBe('')
  expect(codeOfSticker(undefined)).toBe('')
})
