/** Neither WeChat nor a browser: what the units need of a platform. */
import type { Platform } from '@/platform/types'

export const API_ORIGIN: Platform['API_ORIGIN'] = 'https://wy.example.com'
export const ORIGIN: Platform['ORIGIN'] = API_ORIGIN
export const SIGNS_IN_BY_ITSELF: Platform['SIGNS_IN_BY_ITSELF'] = false
export const signInCode: Platform['signInCode'] = () => Promise.reject(new Error('none'))
export const openWeb: Platform['openWeb'] = () => undefined
export const cameBack: Platform['cameBack'] = () => null
