import type { PageLanguage } from '../language.js';

/** Chinese in traditional script. */
export const language: PageLanguage = {
  lang: 'zh-Hant',
  dir: 'ltr',
  app: '應用程式',
  detailLabel: '登入服務的訊息',
  codeLabel: '錯誤代碼：',
  helpLabel: '取得協助',
  texts: {
    pending: { heading: '正在登入', message: '請稍候。' },
    finishing: { heading: '正在完成登入', message: '請稍候，{app}正在處理您的登入。' },
    return_to_app: { heading: '請返回{app}', message: '您的登入已轉交。請在{app}中查看結果。' },
    success: { heading: '您已登入', message: '您可以關閉此視窗並返回{app}。' },
    denied: { heading: '登入已取消', message: '存取未獲允許，因此未分享任何資訊。您可以關閉此視窗。' },
    refused: { heading: '登入未成功', message: '登入服務回報了錯誤。請返回{app}再試一次。' },
    failed: { heading: '登入未完成', message: '登入服務已核准，但{app}未能完成登入。請返回{app}再試一次。' },
    state_foreign: {
      heading: '這裡沒有等待中的登入',
      message: '此頁面可能來自先前的登入，因此已被忽略。如需登入，請在{app}中重新開始。',
    },
    state_used: { heading: '此登入連結已使用過', message: '您不需要再進行任何操作。可以關閉此視窗並返回{app}。' },
    sign_in_ended: { heading: '此次登入已結束', message: '登入已取消或未成功。如需登入，請在{app}中重新開始。' },
    malformed: { heading: '無法讀取回應', message: '登入服務傳來的內容無法辨識。請返回{app}再試一次。' },
    wrong_issuer: {
      heading: '回應來自非預期的服務',
      message: '回應並非來自預期的登入服務。為了您的安全，已將其忽略。請在{app}中重新開始。',
    },
    nothing: { heading: '這裡不需要任何操作', message: '此頁面用於接收{app}的登入。您可以將它關閉。' },
    unreachable: { heading: '無法連線到{app}', message: '應用程式可能已關閉，或已停止等候。請在{app}中重新開始。' },
    no_script: {
      heading: '需要啟用 JavaScript',
      message:
        '若要完成登入，請為此頁面啟用 JavaScript 並重新載入。如果{app}要求提供此頁面的網址，您也可以將網址複製過去。',
    },
    too_large: {
      heading: 'Cookie 過多',
      message:
        '您的瀏覽器傳送了過多 Cookie，它們來自此網址上的其他應用程式。請在無痕視窗中開啟，或清除此網址的 Cookie，然後再試一次。',
    },
    bad_request: { heading: '無法回應此要求', message: '網址可能不完整或已損毀。請在{app}中重新開始。' },
    error_without_state: {
      heading: '登入服務回報了錯誤',
      message: '該錯誤沒有說明屬於哪次登入，因此已被忽略。如果您剛才正在登入，請在{app}中重新開始。',
    },
    foreign_host: {
      heading: '未知的網址',
      message: '此頁面是在{app}未使用的網址上開啟的。請在{app}中重新開始。如果經過通道或代理伺服器，請檢查網址。',
    },
    not_forwarded: {
      heading: '登入未能轉交',
      message: '瀏覽器未能將其送達{app}，可能是擴充功能或隱私權設定所致。請在無痕視窗或其他瀏覽器中再試一次。',
    },
    copy_address: { heading: '複製網址', message: '請用此按鈕複製本頁面的網址，然後貼到{app}要求的位置。' },
    address_copied: { heading: '網址已複製', message: '現在請將它貼到{app}要求的位置。' },
    close_window: { heading: 'Ctrl+W', message: '若要關閉此視窗，請按 {keys}。' },
  },
};
