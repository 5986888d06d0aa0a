import type { PageLanguage } from '../language.js';

/** Japanese. */
export const language: PageLanguage = {
  lang: 'ja',
  dir: 'ltr',
  app: 'アプリ',
  detailLabel: 'ログインサービスからのメッセージ',
  codeLabel: 'エラーコード：',
  helpLabel: 'ヘルプ',
  texts: {
    pending: { heading: 'ログインしています', message: 'しばらくお待ちください。' },
    finishing: {
      heading: 'ログインを完了しています',
      message: '{app}でログイン処理を行っています。しばらくお待ちください。',
    },
    return_to_app: {
      heading: '{app}に戻ってください',
      message: 'ログインを引き継ぎました。結果は{app}で確認できます。',
    },
    success: { heading: 'ログインしました', message: 'このウィンドウを閉じて、{app}に戻ってください。' },
    denied: {
      heading: 'ログインはキャンセルされました',
      message: 'アクセスが許可されなかったため、情報は共有されていません。このウィンドウは閉じてかまいません。',
    },
    refused: {
      heading: 'ログインできませんでした',
      message: 'ログインサービスからエラーが返されました。{app}に戻って、もう一度お試しください。',
    },
    failed: {
      heading: 'ログインを完了できませんでした',
      message:
        'ログインサービスでは承認されましたが、{app}で処理を完了できませんでした。{app}に戻って、もう一度お試しください。',
    },
    state_foreign: {
      heading: '待機中のログインはありません',
      message:
        'このページは以前のログインのものである可能性があるため、無視されました。ログインするには、{app}からやり直してください。',
    },
    state_used: {
      heading: 'このログインリンクは使用済みです',
      message: 'ここで必要な操作はもうありません。このウィンドウを閉じて、{app}に戻ってください。',
    },
    sign_in_ended: {
      heading: 'このログインは終了しました',
      message: 'キャンセルされたか、完了できませんでした。ログインするには、{app}からやり直してください。',
    },
    malformed: {
      heading: '応答を読み取れませんでした',
      message: 'ログインサービスからの応答を解釈できませんでした。{app}に戻って、もう一度お試しください。',
    },
    wrong_issuer: {
      heading: '想定と異なるサービスからの応答です',
      message:
        '想定とは異なるログインサービスから応答がありました。安全のため、この応答は無視されました。{app}からやり直してください。',
    },
    nothing: {
      heading: 'ここで必要な操作はありません',
      message: 'これは{app}のログインを受け取るためのページです。閉じてかまいません。',
    },
    unreachable: {
      heading: '{app}に接続できません',
      message: 'アプリが終了したか、待ち時間が過ぎた可能性があります。{app}からやり直してください。',
    },
    no_script: {
      heading: 'JavaScript が必要です',
      message:
        'ログインを完了するには、このページの JavaScript を有効にして再読み込みしてください。{app}で求められた場合は、このページのアドレスをコピーして貼り付けることもできます。',
    },
    too_large: {
      heading: 'Cookie が多すぎます',
      message:
        'ブラウザーから送られた Cookie が多すぎます。このアドレスを使うほかのアプリのものです。プライベートウィンドウで開くか、このアドレスの Cookie を削除してから、もう一度お試しください。',
    },
    bad_request: {
      heading: 'このリクエストには応答できません',
      message: 'アドレスが不完全か、壊れている可能性があります。{app}からやり直してください。',
    },
    error_without_state: {
      heading: 'ログインサービスからエラーが返されました',
      message:
        'どのログインのエラーかが示されていないため、無視されました。ログインしようとしていた場合は、{app}からやり直してください。',
    },
    foreign_host: {
      heading: '不明なアドレスです',
      message:
        'このページは、{app}が使用していないアドレスで開かれました。{app}からやり直してください。トンネルやプロキシを経由している場合は、アドレスを確認してください。',
    },
    not_forwarded: {
      heading: 'ログインを引き継げませんでした',
      message:
        'ブラウザーから{app}に届きませんでした。拡張機能やプライバシー設定が原因の可能性があります。プライベートウィンドウか別のブラウザーで、もう一度お試しください。',
    },
    copy_address: {
      heading: 'アドレスをコピー',
      message: 'ボタンでこのページのアドレスをコピーし、{app}で求められたところに貼り付けてください。',
    },
    address_copied: { heading: 'アドレスをコピーしました', message: '{app}で求められたところに貼り付けてください。' },
    close_window: { heading: 'Ctrl+W', message: 'このウィンドウを閉じるには、{keys}を押してください。' },
  },
};
