/** The one way to the server: every call names its operation, and its types follow from the server's own document. */
import { API_ORIGIN } from '#platform'

import { OPEN, type Operations } from './generated'

export type { Operations }
export type Operation = keyof Operations & string
export type Answer<K extends Operation> = Operations[K]['answer']
export type Body<K extends Operation> = Operations[K]['body']
export type Query<K extends Operation> = Operations[K]['query']
/** The items of a list operation. */
export type Item<K extends Operation> = Answer<K> extends { items: (infer T)[] } ? T : never

export interface Request<K extends Operation> {
  /** Stands in for the `{}` of the path. */
  id?: string
  query?: Query<K>
  body?: Body<K>
  /** Idempotency-Key: the server carries out the same key once. */
  key?: string
}

/** The server's refusal, or none at all: `status` 0 means that it was not reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** What is wrong at which field. */
    readonly errors: Record<string, string> = {},
  ) {
    super(message)
  }

  get offline(): boolean {
    return this.status === 0
  }
}

interface Problem {
  status: number
  code: string
  detail: string
  errors?: { field: string; message: string }[]
}

export const BASE = `${API_ORIGIN}/api/v1`
const TIMEOUT = 15_000
const SIGNED_OUT = '请先登录'
const OFFLINE = '网络不可用，请检查网络后重试'

let token = ''
let onSignedOut: () => Promise<boolean> = async () => false

/** The token to send from now on; empty: none. */
export function useToken(next: string): void {
  token = next
}

/** Who is told that the token is dead; answers whether there is a new one and the call should be repeated. */
export function whenSignedOut(told: () => Promise<boolean>): void {
  onSignedOut = told
}

export function authorization(): Record<string, string> {
  return token ? { Authorization: `Bearer ${token}` } : {}
}

/** The address of an operation. Values that are empty are left out of the query. */
export function addressOf(operation: string, id = '', query: object = {}): [string, string] {
  const [method, path] = operation.split(' ') as [string, string]
  const asked = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== '' && value !== null)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join('&')
  return [method, `${path.replace('{}', encodeURIComponent(id))}${asked && `?${asked}`}`]
}

/** Call an operation. Throws ApiError. */
export async function call<K extends Operation>(operation: K, request: Request<K> = {}): Promise<Answer<K>> {
  const [method, path] = addressOf(operation, request.id, request.query)
  const used = token
  if (!used && !OPEN.has(operation)) throw new ApiError(401, 'unauthenticated', SIGNED_OUT)
  try {
    return (await send(method, path, request.body, request.key)) as Answer<K>
  } catch (error) {
    const dead = error instanceof ApiError && error.status === 401 && used !== ''
    if (dead && (await onSignedOut())) return (await send(method, path, request.body, request.key)) as Answer<K>
    throw error
  }
}

function send(method: string, path: string, body: unknown, key?: string): Promise<unknown> {
  const header: Record<string, string> = { ...authorization() }
  if (key) header['Idempotency-Key'] = key
  if (body !== undefined) header['Content-Type'] = 'application/json'
  return new Promise((resolve, reject) => {
    uni.request({
      url: `${BASE}${path}`,
      // The types know no PATCH; the platforms send what stands here.
      method: method as 'GET',
      data: body === undefined ? undefined : JSON.stringify(body),
      header,
      timeout: TIMEOUT,
      success: ({ statusCode, data }) =>
        statusCode < 400 ? resolve(data) : reject(refusal(statusCode, data as Problem)),
      fail: () => reject(new ApiError(0, 'offline', OFFLINE)),
    })
  })
}

/** The refusal that an answer stands for; anything that is no problem+json is told as what it is: a fault. */
export function refusal(status: number, problem: Partial<Problem> | string | undefined): ApiError {
  let read = problem
  if (typeof read === 'string') {
    try {
      read = JSON.parse(read) as Partial<Problem>
    } catch {
      read = undefined
    }
  }
  if (!read || typeof read !== 'object' || !read.detail) return new ApiError(status, 'fault', '服务暂时不可用，请稍后再试')
  const errors = Object.fromEntries((read.errors ?? []).map((one) => [one.field, one.message]))
  return new ApiError(status, read.code ?? 'fault', read.detail, errors)
}

/** Upload a picture for a purpose; its id. Throws ApiError. */
export function upload(filePath: string, purpose: string): Promise<string> {
  return new Promise((resolve, reject) => {
    uni.uploadFile({
      url: `${BASE}/media`,
      filePath,
      name: 'file',
      formData: { purpose },
      header: authorization(),
      timeout: 60_000,
      success: ({ statusCode, data }) =>
        statusCode < 400 ? resolve((JSON.parse(data) as { id: string }).id) : reject(refusal(statusCode, data)),
      fail: () => reject(new ApiError(0, 'offline', OFFLINE)),
    })
  })
}

/** A file that only the signed-in may see, as a local address. Throws ApiError. */
export function download(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    uni.downloadFile({
      url: assetUrl(path),
      header: authorization(),
      success: ({ statusCode, tempFilePath }) =>
        statusCode < 400 ? resolve(tempFilePath) : reject(refusal(statusCode, undefined)),
      fail: () => reject(new ApiError(0, 'offline', OFFLINE)),
    })
  })
}

/** The full address of something that the server delivers. */
export function assetUrl(path: string): string {
  return path.startsWith('/') ? `${API_ORIGIN}${path}` : path
}
