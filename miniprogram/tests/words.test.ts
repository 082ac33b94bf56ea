import { expect, test } from 'vitest'

import { minute, moment, recent, span, yuan } from '@/words'

test('fen are shown as yuan with thousands', () => {
  expect(yuan(0)).toBe('0.00')
  expect(yuan(5)).toBe('0.05')
  expect(yuan(123456789)).toBe('1,234,567.89')
  expect(yuan(-1050)).toBe('-10.50')
})

test("times are the park's, whatever zone the phone is in", () => {
  expect(minute('2026-11-23T23:30:00+08:00')).toBe('2026-11-23 23:30')
  expect(moment('2026-11-23', '09:00')).toBe('2026-11-23T09:00:00+08:00')
})

test('near days are named', () => {
  const now = new Date(2026, 10, 23, 12, 0)
  expect(recent('2026-11-23T09:05:00+08:00', now)).toBe('今天 09:05')
  expect(recent('2026-11-22T09:05:00+08:00', now)).toBe('昨天 09:05')
  expect(recent('2026-10-01T09:05:00+08:00', now)).toBe('10-01 09:05')
  expect(recent('2025-10-01T09:05:00+08:00', now)).toBe('2025-10-01 09:05')
})

test('a validity names its second day only when there is one', () => {
  expect(span('2026-11-23T14:00:00+08:00', '2026-11-23T16:00:00+08:00')).toBe('11月23日 14:00–16:00')
  expect(span('2026-11-23T14:00:00+08:00', '2026-11-24T09:00:00+08:00')).toBe('11月23日 14:00–11月24日 09:00')
})
