/* Written from the server's OpenAPI document by `make api-client`; not to be changed by hand. */
/* eslint-disable */

/** 广告位 */
export interface AdsOut {
  layout: string
  interval_ms: number
  slides: SlideOut[]
}

/** 账单详情 */
export interface BillDetailOut {
  bill: BillOut
  lines: LineOut[]
  payments: PaidOut[]
  note: string
}

/** 账单;金额单位为分 */
export interface BillOut {
  id: string
  number: string
  fee: string
  fee_name: string
  title: string
  unit_id: string | null
  unit: string
  period: string
  starts_on: string
  ends_on: string
  due_on: string
  overdue: boolean
  amount_fen: number
  paid_fen: number
  waived_fen: number
  late_fee_fen: number
  late_paid_fen: number
  outstanding_fen: number
  state: string
  state_text: string
}

/** 筛选账单:state 为 unpaid(未结清)、paid(已结清)或 all;fee 为费用项代码 */
export interface BillsQuery {
  limit?: number
  cursor?: string
  state?: 'all' | 'paid' | 'unpaid'
  unit_id?: string
  fee?: string
}

/** 认证申请 */
export interface CertificationIn {
  kind: 'merchant' | 'tenant'
  name: string
  phone: string
  unit_ids: string[]
  media_ids: string[]
  id_number?: string | null
  credit_code?: string | null
}

/** 认证申请及其结果 */
export interface CertificationOut {
  id: string
  kind: string
  name: string
  phone: string
  id_number: string | null
  credit_code: string | null
  state: string
  state_text: string
  reason: string
  units: CertificationUnitOut[]
  media_ids: string[]
  created_at: string
  decided_at: string | null
}

/** 申请的房号 */
export interface CertificationUnitOut {
  id: string
  number: string
}

/** 登录方式,以及需要用户同意的说明的当前版本 */
export interface ClientOut {
  demo: DemoPersonOut[]
  privacy_version: string
  material_consent_version: string
}

/** 微信返回的一次性 code */
export interface CodeIn {
  code: string
}

/** 园区 */
export interface CommunityOut {
  id: string
  name: string
  address: string
  service_phone: string
}

/** 同意某一版本的说明 */
export interface ConsentIn {
  kind: 'certification_material' | 'privacy'
  version: string
}

/** 已同意的说明 */
export interface ConsentOut {
  kind: string
  version: string
}

/** 所代表的商家或租客 */
export interface CustomerOut {
  id: string
  kind: string
  name: string
}

/** 演示人物:浏览器里选一位登录 */
export interface DemoPersonOut {
  code: string
  name: string
  role: string
}

/** 个人信息副本(个人信息保护法第四十五条) */
export interface ExportOut {
  member: Record<string, unknown>
  customers: Record<string, unknown>[]
  units: Record<string, unknown>[]
  technicians: Record<string, unknown>[]
  certifications: Record<string, unknown>[]
  media: string[]
  consents: Record<string, unknown>[]
  messages: Record<string, unknown>[]
  exported_at: string
}

/** 一项费用的欠费 */
export interface FeeSumOut {
  fee: string
  fee_name: string
  bills: number
  outstanding_fen: number
  overdue_fen: number
}

/** 一个有误的字段 */
export interface FieldProblem {
  field: string
  message: string
}

/** 首页:功能菜单、公告、广告 */
export interface HomeOut {
  menu: MenuItemOut[]
  notices: Record<string, unknown>[]
  ads: AdsOut | null
}

/** 账单明细及其计算依据 */
export interface LineOut {
  title: string
  amount_fen: number
  explanation: string
}

export type ListListUnitOut = UnitOut[]

/** 上传结果 */
export interface MediaOut {
  id: string
  url: string
  width: number
  height: number
}

/** 要哪一种大小 */
export interface MediaQuery {
  size?: '' | 'thumb'
}

/** 小程序用户 */
export interface MemberOut {
  id: string
  role: 'merchant' | 'technician' | 'tenant' | 'visitor'
  nickname: string
  contact_name: string
  phone: string | null
  big_type: boolean
  certification: 'approved' | 'none' | 'pending' | 'rejected'
  customers: CustomerOut[]
}

/** 功能菜单的一项 */
export interface MenuItemOut {
  key: string
  name: string
  icon: string
  page: string
}

/** 一条消息 */
export interface MessageOut {
  id: string
  kind: string
  title: string
  body: string
  link: string
  read: boolean
  created_at: string
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageBillOut {
  items: BillOut[]
  next: string | null
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageCertificationOut {
  items: CertificationOut[]
  next: string | null
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageCommunityOut {
  items: CommunityOut[]
  next: string | null
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageMessageOut {
  items: MessageOut[]
  next: string | null
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PagePaymentRowOut {
  items: PaymentRowOut[]
  next: string | null
}

/** How many, and from where. */
export interface PageQuery {
  limit?: number
  cursor?: string
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageSubscriptionOut {
  items: SubscriptionOut[]
  next: string | null
}

/** One page; ``next`` is the cursor of the following one, or null. */
export interface PageUnitChoiceOut {
  items: UnitChoiceOut[]
  next: string | null
}

/** 用于本账单的一笔缴费 */
export interface PaidOut {
  payment_id: string
  number: string
  channel_text: string
  paid_at: string | null
  amount_fen: number
}

/** 缴费记录 */
export interface PaymentRowOut {
  id: string
  number: string
  channel: string
  channel_text: string
  amount_fen: number
  refunded_fen: number
  state: string
  state_text: string
  created_at: string
  paid_at: string | null
}

/** RFC 9457 的错误应答 */
export interface Problem {
  status: number
  code: string
  detail: string
  request_id?: string
  errors?: FieldProblem[]
}

/** 可自行修改的资料 */
export interface ProfileIn {
  nickname?: string
  contact_name?: string
  big_type?: boolean
}

/** 登录结果 */
export interface SignInOut {
  token: string
  expires_at: string
  member: MemberOut
}

/** 广告的一页 */
export interface SlideOut {
  id: string
  title: string
  image_url: string
  link: string
}

/** 用户在微信里同意了哪些模板(每次同意可发送一条) */
export interface SubscriptionIn {
  templates: string[]
}

/** 一种消息的订阅模板,和剩余可发送次数 */
export interface SubscriptionOut {
  kind: string
  template: string
  quota: number
}

/** 欠费与本年已缴汇总 */
export interface SummaryOut {
  bills: number
  outstanding_fen: number
  overdue_fen: number
  paid_this_year_fen: number
  prepaid_fen: number
  units: UnitSumOut[]
  fees: FeeSumOut[]
}

/** 可选择的房号 */
export interface UnitChoiceOut {
  id: string
  building: string
  number: string
  kind: string
  kind_text: string
}

/** 我的房号 */
export interface UnitOut {
  id: string
  community: string
  building: string
  number: string
  kind: string
  area_m2: string
  customer: CustomerOut
  starts_on: string
  ends_on: string | null
}

/** 按楼栋名或房号查找 */
export interface UnitQuery {
  q?: string
}

/** 一处房号的欠费 */
export interface UnitSumOut {
  unit_id: string | null
  unit: string
  bills: number
  outstanding_fen: number
  overdue_fen: number
}

export interface Operations {
  /** 退出登录 */
  'POST /auth/logout': { query: {  }; body: undefined; answer: undefined }
  /** 绑定微信手机号(自动关联已登记的维修师傅和客户) */
  'POST /auth/phone': { query: {  }; body: CodeIn; answer: MemberOut }
  /** 微信登录 */
  'POST /auth/wechat': { query: {  }; body: CodeIn; answer: SignInOut }
  /** 我的账单,最近到期的在前 */
  'GET /bills': { query: { limit?: number; cursor?: string; state?: 'all' | 'paid' | 'unpaid'; unit_id?: string; fee?: string }; body: undefined; answer: PageBillOut }
  /** 欠费汇总,按房号和费用 */
  'GET /bills/summary': { query: {  }; body: undefined; answer: SummaryOut }
  /** 账单详情:每一项金额的计算依据,以及已缴的款项 */
  'GET /bills/{}': { query: {  }; body: undefined; answer: BillDetailOut }
  /** 我的认证申请 */
  'GET /certifications': { query: { limit?: number; cursor?: string }; body: undefined; answer: PageCertificationOut }
  /** 提交认证申请(需先同意认证材料使用说明) */
  'POST /certifications': { query: {  }; body: CertificationIn; answer: CertificationOut }
  /** 一份认证申请 */
  'GET /certifications/{}': { query: {  }; body: undefined; answer: CertificationOut }
  /** 撤回待审核的认证申请 */
  'POST /certifications/{}/withdraw': { query: {  }; body: undefined; answer: CertificationOut }
  /** 客户端配置 */
  'GET /client': { query: {  }; body: undefined; answer: ClientOut }
  /** 启用中的园区 */
  'GET /communities': { query: {  }; body: undefined; answer: PageCommunityOut }
  /** 查找房号:最多返回 50 个,请输入楼栋名或房号缩小范围 */
  'GET /communities/{}/units': { query: { q?: string }; body: undefined; answer: PageUnitChoiceOut }
  /** 首页 */
  'GET /home': { query: {  }; body: undefined; answer: HomeOut }
  /** 注销账号:删除个人信息,历史账目匿名保留 */
  'DELETE /me': { query: {  }; body: undefined; answer: undefined }
  /** 我的资料 */
  'GET /me': { query: {  }; body: undefined; answer: MemberOut }
  /** 修改我的资料 */
  'PATCH /me': { query: {  }; body: ProfileIn; answer: MemberOut }
  /** 同意隐私政策或认证材料使用说明的当前版本 */
  'POST /me/consents': { query: {  }; body: ConsentIn; answer: ConsentOut }
  /** 导出我的个人信息 */
  'GET /me/export': { query: {  }; body: undefined; answer: ExportOut }
  /** 我的房号 */
  'GET /me/units': { query: {  }; body: undefined; answer: ListListUnitOut }
  /** 上传图片 */
  'POST /media': { query: {  }; body: undefined; answer: MediaOut }
  /** 查看图片(公开图片,或本人上传的图片) */
  'GET /media/{}': { query: { size?: '' | 'thumb' }; body: undefined; answer: undefined }
  /** 我的消息,新的在前 */
  'GET /messages': { query: { limit?: number; cursor?: string }; body: undefined; answer: PageMessageOut }
  /** 标记一条消息为已读 */
  'POST /messages/{}/read': { query: {  }; body: undefined; answer: MessageOut }
  /** 我的缴费记录,最新的在前 */
  'GET /payments': { query: { limit?: number; cursor?: string }; body: undefined; answer: PagePaymentRowOut }
  /** 可以请求订阅的消息模板,和我的剩余次数 */
  'GET /subscriptions': { query: {  }; body: undefined; answer: PageSubscriptionOut }
  /** 记录用户刚同意的订阅消息 */
  'POST /subscriptions': { query: {  }; body: SubscriptionIn; answer: PageSubscriptionOut }
}
