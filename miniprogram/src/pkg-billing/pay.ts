/** From chosen bills to the cashier and on to the result, which only the server knows. */
import type { Ref } from 'vue'

import { useSubmit } from '@/composables/submit'
import { confirm, go, tell } from '@/navigation'
import { payWith } from '#platform'
import { yuan } from '@/words'

export function usePay(): { busy: Ref<boolean>; pay: (billIds: string[], fen: number) => Promise<void> } {
  const { busy, send } = useSubmit()

  async function pay(billIds: string[], fen: number): Promise<void> {
    if (!(await confirm('确认缴费', `共 ${billIds.length} 张账单，合计 ${yuan(fen)} 元。`, '去支付'))) return
    const payment = await send('POST /payments', { body: { bill_ids: billIds } })
    if (!payment) return
    if (payment.pay_params) await payWith(payment.pay_params).catch(() => tell('请在微信中打开本页面完成支付'))
    go(`/pkg-billing/payment?id=${payment.id}`)
  }
  return { busy, pay }
}
