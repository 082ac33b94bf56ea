import { beforeEach, expect, test, vi } from 'vitest'

import { addressOf, ApiError, assetUrl, call, refusal, useToken, whenSignedOut } from '@/api/client'
import { keyFor } from '@/composables/submit'

interface Sent {
  url: string
  method: string
  header: Record<string, string>
  data?: string
  success: (answer: { statusCode: number; data: unknown }) => void
  fail: () => void
}

const answers: ((sent: Sent) => void)[] = []
const sent: Sent[] = []

beforeEach(() => {
  answers.length = sent.length = 0
  useToken('')
  whenSignedOut(async () => false)
  vi.stubGlobal('uni', {
    request: (one: Sent) => {
      sent.push(one)
      answers.shift()!(one)
    },
  })
})

test('an id is escaped and empty values are left out of the query', () => {
  expect(addressOf('GET /bills/{}', 'a/b')).toEqual(['GET', '/bills/a%2Fb'])
  expect(addressOf('GET /bills', '', { state: 'unpaid', fee: '', cursor: undefined, q: '水费' })).toEqual(['GET', '/bills?state=unpaid&q=%E6%B0%B4%E8%B4%B9'])
})

test('what needs a sign-in is not asked without one', async () => {
  await expect(call('GET /bills')).rejects.toMatchObject({ status: 401 })
  expect(sent).toEqual([])
})

test('a dead token is renewed once and the call is repeated with the new one', async () => {
  useToken('old')
  whenSignedOut(async () => {
    useToken('new')
    return true
  })
  answers.push(
    ({ success }) => success({ statusCode: 401, data: { status: 401, code: 'unauthenticated', detail: '请重新登录' } }),
    ({ success }) => success({ statusCode: 200, data: { items: [], next: null } }),
  )
  expect(await call('GET /bills')).toEqual({ items: [], next: null })
  expect(sent.map((one) => one.header.Authorization)).toEqual(['Bearer old', 'Bearer new'])
})

test('no network is told apart from a refusal', async () => {
  answers.push(({ fail }) => fail())
  const error = await call('GET /home').catch((refused: unknown) => refused)
  expect(error).toBeInstanceOf(ApiError)
  expect((error as ApiError).offline).toBe(true)
})

test('a refusal says what is wrong at which field; anything else is a fault', () => {
  const refused = refusal(422, { detail: '请检查', code: 'invalid', errors: [{ field: 'phone', message: '手机号不对' }] })
  expect(refused.errors).toEqual({ phone: '手机号不对' })
  expect(refusal(502, '<html>bad gateway</html>').message).toBe('服务暂时不可用，请稍后再试')
})

test("the server's own files get its address", () => {
  expect(assetUrl('/api/v1/media/1')).toBe('https://wy.example.com/api/v1/media/1')
})

test('the same content keeps its key, another gets another', () => {
  const key = keyFor()
  const first = key('a')
  expect(key('a')).toBe(first)
  expect(key('b')).not.toBe(first)
})
