import type { PageLanguage } from '../language.js';

/** Chinese in simplified script. */
export const language: PageLanguage = {
  lang: 'zh',
  dir: 'ltr',
  app: '应用',
  detailLabel: '登录服务的消息',
  codeLabel: '错误代码：',
  helpLabel: '获取帮助',
  texts: {
    pending: { heading: '正在登录', message: '请稍候。' },
    finishing: { heading: '正在完成登录', message: '请稍候，{app}正在处理您的登录。' },
    return_to_app: { heading: '请返回{app}', message: '您的登录已转交。请在{app}中查看结果。' },
    success: { heading: '您已登录', message: '您可以关闭此窗口并返回{app}。' },
    denied: { heading: '登录已取消', message: '访问未获允许，因此未共享任何信息。您可以关闭此窗口。' },
    refused: { heading: '登录未成功', message: '登录服务报告了一个错误。请返回{app}重试。' },
    failed: { heading: '登录未完成', message: '登录服务已批准，但{app}未能完成登录。请返回{app}重试。' },
    state_foreign: {
      heading: '这里没有等待中的登录',
      message: '此页面可能来自之前的登录，因此已被忽略。如需登录，请在{app}中重新开始。',
    },
    state_used: { heading: '此登录链接已被使用', message: '您无需再进行任何操作。可以关闭此窗口并返回{app}。' },
    sign_in_ended: { heading: '此次登录已结束', message: '登录已取消或未成功。如需登录，请在{app}中重新开始。' },
    malformed: { heading: '无法读取响应', message: '登录服务发来的内容无法识别。请返回{app}重试。' },
    wrong_issuer: {
      heading: '响应来自意外的服务',
      message: '响应并非来自预期的登录服务。为了您的安全，已将其忽略。请在{app}中重新开始。',
    },
    nothing: { heading: '这里无需任何操作', message: '此页面用于接收{app}的登录。您可以将其关闭。' },
    unreachable: { heading: '无法连接到{app}', message: '应用可能已关闭，或已停止等待。请在{app}中重新开始。' },
    no_script: {
      heading: '需要启用 JavaScript',
      message:
        '要完成登录，请为此页面启用 JavaScript 并重新加载。如果{app}要求提供此页面的地址，您也可以将地址复制过去。',
    },
    too_large: {
      heading: 'Cookie 过多',
      message:
        '您的浏览器发送了过多 Cookie，它们来自此地址上的其他应用。请在无痕窗口中打开，或清除此地址的 Cookie，然后重试。',
    },
    bad_request: { heading: '无法响应此请求', message: '地址可能不完整或已损坏。请在{app}中重新开始。' },
    error_without_state: {
      heading: '登录服务报告了一个错误',
      message: '该错误没有说明属于哪次登录，因此已被忽略。如果您刚才正在登录，请在{app}中重新开始。',
    },
    foreign_host: {
      heading: '未知的地址',
      message: '此页面是在{app}未使用的地址上打开的。请在{app}中重新开始。如果经过隧道或代理，请检查地址。',
    },
    not_forwarded: {
      heading: '登录未能转交',
      message: '浏览器未能将其送达{app}，可能是扩展程序或隐私设置所致。请在无痕窗口或其他浏览器中重试。',
    },
    copy_address: { heading: '复制地址', message: '请用此按钮复制本页面的地址，然后粘贴到{app}要求的位置。' },
    address_copied: { heading: '地址已复制', message: '现在请将其粘贴到{app}要求的位置。' },
    close_window: { heading: 'Ctrl+W', message: '要关闭此窗口，请按 {keys}。' },
  },
};
