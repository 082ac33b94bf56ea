/** Who uses this phone, as the server says. */
import { computed, reactive } from 'vue'

import { type Answer, ApiError, call, useToken, whenSignedOut } from '@/api/client'
import { cameBack, SIGNS_IN_BY_ITSELF, signInCode } from '#platform'

export type Member = Answer<'GET /me'>
export type Role = Member['role']

const KEPT = 'session.token'
const ROLE = 'session.role'
const BIG = 'session.big'
const PATIENCE = 4000

export const session = reactive({
  token: '',
  member: null as Member | null,
  /** The role last seen on this phone: pages know it at once, the server decides anyway. */
  role: 'visitor' as Role,
  /** The setting of this phone; follows the member's once signed in. */
  big: false,
  unread: 0,
})

export const role = computed<Role>(() => session.member?.role ?? session.role)
export const isResident = computed(() => role.value === 'merchant' || role.value === 'tenant')
export const ROLE_NAMES: Record<Role, string> = { visitor: '访客', merchant: '商家', tenant: '租客', technician: '维修师傅' }

function keep(token: string): void {
  session.token = token
  useToken(token)
  if (token) uni.setStorageSync(KEPT, token)
  else uni.removeStorageSync(KEPT)
}

let begun: Promise<unknown> = Promise.resolve()

/** Resolves when it is known whether somebody is signed in; in WeChat that takes a moment at the very first start. */
export function known(): Promise<unknown> {
  return begun
}

/** Take up where the phone left off; in WeChat sign in silently. */
export function restore(): void {
  session.big = uni.getStorageSync(BIG) === true
  keep((uni.getStorageSync(KEPT) as string) || '')
  if (session.token) session.role = (uni.getStorageSync(ROLE) as Role) || 'visitor'
  whenSignedOut(renew)
  const back = cameBack()
  const recognised = back ? arrive(back) : recognise()
  if (!session.token && (SIGNS_IN_BY_ITSELF || back))
    begun = Promise.race([recognised, new Promise((resolve) => setTimeout(resolve, PATIENCE))])
}

/** Never throws: a guest sees the home page, too. */
async function recognise(): Promise<void> {
  try {
    if (session.token) await refresh()
    else if (SIGNS_IN_BY_ITSELF) await signIn(await signInCode())
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) forget()
  }
}

/** Sign in with a code of WeChat. Throws ApiError. */
export async function signIn(code: string): Promise<void> {
  const answer = await call('POST /auth/wechat', { body: { code } })
  keep(answer.token)
  take(answer.member)
}

/** Back from WeChat's sign-in page with its code: signed in, and on the page one had left. */
async function arrive(back: { code: string; page: string }): Promise<void> {
  try {
    const answer = await call('POST /auth/wechat-official', { body: { code: back.code } })
    keep(answer.token)
    take(answer.member)
    uni.reLaunch({ url: back.page })
  } catch (error) {
    uni.showToast({ title: error instanceof ApiError ? error.message : '微信登录未完成，请重试', icon: 'none', duration: 3000 })
  }
}

/** Ask the server again who this is: a certification may have been decided meanwhile. */
export async function refresh(): Promise<void> {
  if (session.token) take(await call('GET /me'))
}

export function take(member: Member): void {
  session.member = member
  session.role = member.role
  uni.setStorageSync(ROLE, member.role)
  setBig(member.big_type)
}

export function setBig(big: boolean): void {
  session.big = big
  uni.setStorageSync(BIG, big)
}

export async function signOut(): Promise<void> {
  try {
    await call('POST /auth/logout')
  } finally {
    forget()
  }
}

export function forget(): void {
  keep('')
  session.member = null
  session.role = 'visitor'
  session.unread = 0
}

async function renew(): Promise<boolean> {
  forget()
  if (!SIGNS_IN_BY_ITSELF) return false
  try {
    await signIn(await signInCode())
    return true
  } catch {
    return false // the caller gets the server's refusal that led here
  }
}
