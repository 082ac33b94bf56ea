/** WeChat's mini-program. */
import type { Platform } from './types'

export const API_ORIGIN: Platform['API_ORIGIN'] = (import.meta.env.VITE_API_ORIGIN ?? '').replace(/\/$/, '')
export const ORIGIN: Platform['ORIGIN'] = API_ORIGIN

/** WeChat opens no foreign pages: the address is copied for the browser. */
export const openWeb: Platform['openWeb'] = (address) => uni.setClipboardData({ data: address })

export const SIGNS_IN_BY_ITSELF: Platform['SIGNS_IN_BY_ITSELF'] = true

export const atStart: Platform['atStart'] = () => undefined

export const signInCode: Platform['signInCode'] = () =>
  new Promise((resolve, reject) => {
    uni.login({ provider: 'weixin', success: ({ code }) => resolve(code), fail: reject })
  })

export const INSIDE_WEIXIN: Platform['INSIDE_WEIXIN'] = false

export const leaveToSignIn: Platform['leaveToSignIn'] = () => Promise.reject(new Error('WeChat signs in by itself'))

export const cameBack: Platform['cameBack'] = () => null

export const payWith: Platform['payWith'] = (params) =>
  new Promise((resolve) => {
    uni.requestPayment({
      ...(params as unknown as UniApp.RequestPaymentOptions),
      provider: 'wxpay',
      complete: () => resolve(),
    })
  })

export const askToSubscribe: Platform['askToSubscribe'] = (templates) =>
  new Promise((resolve) => {
    if (!templates.length) return resolve([])
    uni.requestSubscribeMessage({
      tmplIds: templates.slice(0, 3),
      success: (answer) => {
        const given = answer as unknown as Record<string, string>
        resolve(templates.filter((template) => given[template] === 'accept'))
      },
      fail: () => resolve([]),
    })
  })

export const nameInput: Platform['nameInput'] = () => undefined

export const shareAddress: Platform['shareAddress'] = () => ''

export const openFile: Platform['openFile'] = (path) =>
  new Promise((resolve) => {
    uni.openDocument({ filePath: path, showMenu: true, complete: () => resolve() })
  })
