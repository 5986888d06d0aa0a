/** What the callback page says in one situation. `{app}` stands for the app's name. */
export interface PageText {
  /** A few words, without a full stop. */
  readonly heading: string;
  /** One to three sentences: what happened, and what the person does next. */
  readonly message: string;
}

/**
 * A situation that the callback page puts into words.
 *
 * `pending`, `finishing` and `success` are the way of a sign-in that works. `return_to_app` is shown when the app stopped
 * listening before it knew the outcome. `no_script` is shown where scripting is off and the answer came in a fragment. The
 * others are the values of `data-auth-reason` on an error.
 */
export type PageTextKey =
  | 'pending'
  | 'finishing'
  | 'return_to_app'
  | 'success'
  | 'denied'
  | 'refused'
  | 'failed'
  | 'state_foreign'
  | 'state_used'
  | 'malformed'
  | 'wrong_issuer'
  | 'nothing'
  | 'unreachable'
  | 'no_script'
  | 'too_large'
  | 'bad_request'
  | 'error_without_state'
  | 'foreign_host'
  | 'not_forwarded';

/** Every text of the callback page in one language. */
export type PageTexts = any;

/**
 * The callback page in one language.
 *
 * A text must read well both with a bare name and with {@link PageLanguage.app} in place of `{app}`. So `{app}` starts no
 * sentence in a script that has capitals, stands only where the language does not inflect or contract what it is replaced
 * by (German always in the dative, Polish after `do`, `w` or `z`, Korean before `에서`, `에` or `의`), and is set apart by
 * directional isolates where the script runs from right to left.
 */
export interface PageLanguage {
  /** The BCP 47 tag, for the `lang` attribute. */
  readonly lang: string;
  /** The direction of the script, for the `dir` attribute. */
  readonly dir: 'ltr' | 'rtl';
  /** What `{app}` becomes when the app has given no name: 'the app', in the case that the texts need. */
  readonly app: string;
  /** The texts. */
  readonly texts: PageTexts;
}

/** A Latin name in right-to-left text, between FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE, keeps its own order. */
const isolatedApp = '\u2068{app}\u2069';

const english: PageLanguage = {
  lang: 'en',
  dir: 'ltr',
  app: 'the app',
  texts: {
    error_without_state: { heading: 'Sign-in did not work', message: 'x {app}' },
    foreign_host: { heading: 'h', message: 'm' },
    not_forwarded: { heading: 'h', message: 'm' },
    pending: { heading: 'Signing you in', message: 'One moment, please.' },
    finishing: { heading: 'Finishing sign-in', message: 'One moment while {app} completes your sign-in.' },
    return_to_app: {
      heading: 'Return to {app}',
      message: 'Your sign-in was passed on. You will see the result in {app}.',
    },
    success: { heading: 'You are signed in', message: 'You can close this window and return to {app}.' },
    denied: {
      heading: 'Sign-in cancelled',
      message: 'Access was not allowed, so nothing was shared. You can close this window.',
    },
    refused: {
      heading: 'Sign-in did not work',
      message: 'The sign-in service reported an error. Return to {app} and try again.',
    },
    failed: {
      heading: 'Sign-in was not completed',
      message: 'The sign-in service agreed, but {app} could not finish signing you in. Return to {app} and try again.',
    },
    state_foreign: {
      heading: 'Unexpected sign-in',
      message:
        'This sign-in was not requested by {app}, so it was ignored. If you just tried to sign in, start again from {app}.',
    },
    state_used: {
      heading: 'This sign-in link was already used',
      message: 'There is nothing more to do here. You can close this window and return to {app}.',
    },
    malformed: {
      heading: 'The answer could not be read',
      message: 'The sign-in service sent something that could not be understood. Return to {app} and try again.',
    },
    wrong_issuer: {
      heading: 'Answer from an unexpected service',
      message:
        'The answer came from a different sign-in service than expected. To keep you safe, it was ignored. Start again from {app}.',
    },
    nothing: {
      heading: 'Nothing to do here',
      message: 'This page belongs to {app} and helps with signing in. You can close it.',
    },
    unreachable: {
      heading: 'Cannot reach {app}',
      message: 'The app may have been closed, or it stopped waiting. Start again from {app}.',
    },
    no_script: {
      heading: 'JavaScript is needed',
      message:
        'To finish signing in, turn on JavaScript for this page and reload it. Or copy the address of this page into {app}, if it asks for it.',
    },
    too_large: {
      heading: 'Too many cookies',
      message:
        'Your browser sent too many cookies. They come from other apps at this address. Open a private window or clear the cookies for this address, then try again.',
    },
    bad_request: {
      heading: 'This request cannot be answered',
      message: 'The address may be incomplete or damaged. Start again from {app}.',
    },
  },
};

const german: PageLanguage = {
  lang: 'de',
  dir: 'ltr',
  app: 'der App',
  texts: {
    pending: { heading: 'Du wirst angemeldet', message: 'Einen Moment, bitte.' },
    finishing: {
      heading: 'Anmeldung wird abgeschlossen',
      message: 'Einen Moment noch. Deine Anmeldung wird gerade von {app} abgeschlossen.',
    },
    return_to_app: {
      heading: 'Weiter in {app}',
      message: 'Deine Anmeldung wurde weitergegeben. Das Ergebnis siehst du in {app}.',
    },
    success: {
      heading: 'Du bist angemeldet',
      message: 'Du kannst dieses Fenster schließen und in {app} weitermachen.',
    },
    denied: {
      heading: 'Anmeldung abgebrochen',
      message: 'Der Zugriff wurde nicht erlaubt, daher wurde nichts geteilt. Du kannst dieses Fenster schließen.',
    },
    refused: {
      heading: 'Die Anmeldung hat nicht geklappt',
      message: 'Der Anmeldedienst hat einen Fehler gemeldet. Versuche es in {app} noch einmal.',
    },
    failed: {
      heading: 'Anmeldung nicht abgeschlossen',
      message:
        'Der Anmeldedienst hat zugestimmt, aber die Anmeldung konnte von {app} nicht abgeschlossen werden. Versuche es dort noch einmal.',
    },
    state_foreign: {
      heading: 'Unerwartete Anmeldung',
      message:
        'Diese Anmeldung wurde nicht von {app} angefordert und deshalb ignoriert. Wenn du dich gerade anmelden wolltest, beginne in {app} noch einmal.',
    },
    state_used: {
      heading: 'Dieser Anmeldelink wurde schon verwendet',
      message: 'Hier ist nichts weiter zu tun. Du kannst dieses Fenster schließen und in {app} weitermachen.',
    },
    malformed: {
      heading: 'Die Antwort war nicht lesbar',
      message: 'Der Anmeldedienst hat etwas Unverständliches geschickt. Versuche es in {app} noch einmal.',
    },
    wrong_issuer: {
      heading: 'Antwort von einem unerwarteten Dienst',
      message:
        'Die Antwort kam nicht vom erwarteten Anmeldedienst. Zu deiner Sicherheit wurde sie ignoriert. Beginne in {app} noch einmal.',
    },
    nothing: {
      heading: 'Hier gibt es nichts zu tun',
      message: 'Diese Seite gehört zu {app} und nimmt Anmeldungen entgegen. Du kannst sie schließen.',
    },
    unreachable: {
      heading: 'Keine Verbindung zu {app}',
      message: 'Die App wurde vielleicht geschlossen oder wartet nicht mehr. Beginne in {app} noch einmal.',
    },
    no_script: {
      heading: 'JavaScript wird benötigt',
      message:
        'Um die Anmeldung abzuschließen, schalte JavaScript für diese Seite ein und lade sie neu. Oder kopiere die Adresse dieser Seite, wenn du in {app} danach gefragt wirst.',
    },
    too_large: {
      heading: 'Zu viele Cookies',
      message:
        'Dein Browser hat zu viele Cookies mitgeschickt. Sie stammen von anderen Apps unter dieser Adresse. Öffne ein privates Fenster oder lösche die Cookies für diese Adresse und versuche es noch einmal.',
    },
    bad_request: {
      heading: 'Diese Anfrage kann nicht beantwortet werden',
      message: 'Die Adresse ist vielleicht unvollständig oder beschädigt. Beginne in {app} noch einmal.',
    },
  },
};

const french: PageLanguage = {
  lang: 'fr',
  dir: 'ltr',
  app: 'l’application',
  texts: {
    pending: { heading: 'Connexion en cours', message: 'Un instant, s’il vous plaît.' },
    finishing: {
      heading: 'Finalisation de la connexion',
      message: 'Encore un instant, {app} termine votre connexion.',
    },
    return_to_app: {
      heading: 'Retournez dans {app}',
      message: 'Votre connexion a été transmise. Vous verrez le résultat dans {app}.',
    },
    success: {
      heading: 'Connexion réussie',
      message: 'Vous pouvez fermer cette fenêtre et retourner dans {app}.',
    },
    denied: {
      heading: 'Connexion annulée',
      message: 'L’accès n’a pas été autorisé, rien n’a donc été partagé. Vous pouvez fermer cette fenêtre.',
    },
    refused: {
      heading: 'La connexion n’a pas abouti',
      message: 'Le service de connexion a signalé une erreur. Retournez dans {app} et réessayez.',
    },
    failed: {
      heading: 'La connexion n’est pas terminée',
      message:
        'Le service de connexion a donné son accord, mais {app} n’a pas pu terminer la connexion. Retournez dans {app} et réessayez.',
    },
    state_foreign: {
      heading: 'Connexion inattendue',
      message:
        'Cette connexion n’a pas été demandée par {app}, elle a donc été ignorée. Si vous essayiez de vous connecter, recommencez depuis {app}.',
    },
    state_used: {
      heading: 'Ce lien de connexion a déjà été utilisé',
      message: 'Il n’y a plus rien à faire ici. Vous pouvez fermer cette fenêtre et retourner dans {app}.',
    },
    malformed: {
      heading: 'Réponse illisible',
      message: 'La réponse du service de connexion n’a pas pu être comprise. Retournez dans {app} et réessayez.',
    },
    wrong_issuer: {
      heading: 'Réponse d’un service inattendu',
      message:
        'La réponse ne vient pas du service de connexion attendu. Par sécurité, elle a été ignorée. Recommencez depuis {app}.',
    },
    nothing: {
      heading: 'Rien à faire ici',
      message: 'Cette page reçoit les connexions pour {app}. Vous pouvez la fermer.',
    },
    unreachable: {
      heading: 'Impossible de joindre {app}',
      message: 'L’application a peut-être été fermée ou n’attend plus de réponse. Recommencez depuis {app}.',
    },
    no_script: {
      heading: 'JavaScript est nécessaire',
      message:
        'Pour terminer la connexion, activez JavaScript pour cette page, puis rechargez-la. Vous pouvez aussi copier l’adresse de cette page dans {app} si on vous la demande.',
    },
    too_large: {
      heading: 'Trop de cookies',
      message:
        'Votre navigateur a envoyé trop de cookies, laissés par d’autres applications à cette adresse. Ouvrez une fenêtre de navigation privée ou effacez les cookies de cette adresse, puis réessayez.',
    },
    bad_request: {
      heading: 'Impossible de répondre à cette demande',
      message: 'L’adresse est peut-être incomplète ou endommagée. Recommencez depuis {app}.',
    },
  },
};

const spanish: PageLanguage = {
  lang: 'es',
  dir: 'ltr',
  app: 'la aplicación',
  texts: {
    pending: { heading: 'Iniciando sesión', message: 'Un momento, por favor.' },
    finishing: {
      heading: 'Finalizando el inicio de sesión',
      message: 'Un momento, {app} está completando tu inicio de sesión.',
    },
    return_to_app: {
      heading: 'Vuelve a {app}',
      message: 'Tu inicio de sesión se ha transmitido. Verás el resultado en {app}.',
    },
    success: { heading: 'Has iniciado sesión', message: 'Puedes cerrar esta ventana y volver a {app}.' },
    denied: {
      heading: 'Inicio de sesión cancelado',
      message: 'No se permitió el acceso, así que no se compartió nada. Puedes cerrar esta ventana.',
    },
    refused: {
      heading: 'No se pudo iniciar sesión',
      message: 'El servicio de inicio de sesión comunicó un error. Vuelve a {app} e inténtalo de nuevo.',
    },
    failed: {
      heading: 'No se completó el inicio de sesión',
      message:
        'El servicio de inicio de sesión dio su aprobación, pero {app} no pudo completar el proceso. Vuelve a {app} e inténtalo de nuevo.',
    },
    state_foreign: {
      heading: 'Inicio de sesión inesperado',
      message:
        'Este inicio de sesión no lo solicitó {app}, por lo que se ha ignorado. Si querías iniciar sesión, empieza de nuevo desde {app}.',
    },
    state_used: {
      heading: 'Este enlace de inicio de sesión ya se usó',
      message: 'No hay nada más que hacer aquí. Puedes cerrar esta ventana y volver a {app}.',
    },
    malformed: {
      heading: 'No se pudo leer la respuesta',
      message: 'El servicio de inicio de sesión envió algo incomprensible. Vuelve a {app} e inténtalo de nuevo.',
    },
    wrong_issuer: {
      heading: 'Respuesta de un servicio inesperado',
      message:
        'La respuesta no llegó del servicio de inicio de sesión esperado. Por tu seguridad, se ha ignorado. Empieza de nuevo desde {app}.',
    },
    nothing: {
      heading: 'Aquí no hay nada que hacer',
      message: 'Esta página recibe los inicios de sesión para {app}. Puedes cerrarla.',
    },
    unreachable: {
      heading: 'No hay conexión con {app}',
      message: 'Puede que la aplicación se haya cerrado o que ya no esté esperando. Empieza de nuevo desde {app}.',
    },
    no_script: {
      heading: 'Se necesita JavaScript',
      message:
        'Para completar el inicio de sesión, activa JavaScript para esta página y recárgala. También puedes copiar la dirección de esta página en {app}, si te la pide.',
    },
    too_large: {
      heading: 'Demasiadas cookies',
      message:
        'Tu navegador envió demasiadas cookies, guardadas por otras aplicaciones en esta dirección. Abre una ventana privada o borra las cookies de esta dirección e inténtalo de nuevo.',
    },
    bad_request: {
      heading: 'No se puede responder a esta solicitud',
      message: 'Es posible que la dirección esté incompleta o dañada. Empieza de nuevo desde {app}.',
    },
  },
};

const portuguese: PageLanguage = {
  lang: 'pt',
  dir: 'ltr',
  app: 'o app',
  texts: {
    pending: { heading: 'Fazendo login', message: 'Um momento, por favor.' },
    finishing: { heading: 'Concluindo o login', message: 'Um momento enquanto {app} conclui seu login.' },
    return_to_app: {
      heading: 'Volte para {app}',
      message: 'Seu login foi encaminhado. Abra {app} para ver o resultado.',
    },
    success: { heading: 'Login concluído', message: 'Você pode fechar esta janela e voltar para {app}.' },
    denied: {
      heading: 'Login cancelado',
      message: 'O acesso não foi permitido, então nada foi compartilhado. Você pode fechar esta janela.',
    },
    refused: {
      heading: 'Não foi possível fazer login',
      message: 'O serviço de login informou um erro. Volte para {app} e tente de novo.',
    },
    failed: {
      heading: 'O login não foi concluído',
      message:
        'O serviço de login aprovou, mas {app} não conseguiu concluir o processo. Volte para {app} e tente de novo.',
    },
    state_foreign: {
      heading: 'Login inesperado',
      message:
        'Não foi {app} que pediu este login, por isso ele foi ignorado. Se você queria entrar, volte para {app} e comece de novo.',
    },
    state_used: {
      heading: 'Este link de login já foi usado',
      message: 'Não há mais nada a fazer aqui. Você pode fechar esta janela e voltar para {app}.',
    },
    malformed: {
      heading: 'Não foi possível ler a resposta',
      message: 'O serviço de login enviou algo que não pôde ser entendido. Volte para {app} e tente de novo.',
    },
    wrong_issuer: {
      heading: 'Resposta de um serviço inesperado',
      message:
        'A resposta não veio do serviço de login esperado. Para sua segurança, ela foi ignorada. Volte para {app} e comece de novo.',
    },
    nothing: { heading: 'Nada a fazer aqui', message: 'Esta página recebe logins para {app}. Você pode fechá-la.' },
    unreachable: {
      heading: 'Sem conexão com {app}',
      message: 'O app pode ter sido fechado ou não está mais esperando. Abra {app} e comece de novo.',
    },
    no_script: {
      heading: 'É preciso ter JavaScript',
      message:
        'Para concluir o login, ative o JavaScript para esta página e recarregue-a. Ou copie o endereço desta página para {app}, se isso for pedido.',
    },
    too_large: {
      heading: 'Cookies demais',
      message:
        'Seu navegador enviou cookies demais, deixados por outros apps neste endereço. Abra uma janela anônima ou apague os cookies deste endereço e tente de novo.',
    },
    bad_request: {
      heading: 'Não é possível responder a esta solicitação',
      message: 'O endereço pode estar incompleto ou danificado. Volte para {app} e comece de novo.',
    },
  },
};

const japanese: PageLanguage = {
  lang: 'ja',
  dir: 'ltr',
  app: 'アプリ',
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
      heading: '予期しないログインです',
      message:
        'このログインは{app}が要求したものではないため、無視されました。ログインしようとしていた場合は、{app}からやり直してください。',
    },
    state_used: {
      heading: 'このログインリンクは使用済みです',
      message: 'ここで必要な操作はもうありません。このウィンドウを閉じて、{app}に戻ってください。',
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
  },
};

const chineseSimplified: PageLanguage = {
  lang: 'zh',
  dir: 'ltr',
  app: '应用',
  texts: {
    pending: { heading: '正在登录', message: '请稍候。' },
    finishing: { heading: '正在完成登录', message: '请稍候，{app}正在处理您的登录。' },
    return_to_app: { heading: '请返回{app}', message: '您的登录已转交。请在{app}中查看结果。' },
    success: { heading: '您已登录', message: '您可以关闭此窗口并返回{app}。' },
    denied: { heading: '登录已取消', message: '访问未获允许，因此未共享任何信息。您可以关闭此窗口。' },
    refused: { heading: '登录未成功', message: '登录服务报告了一个错误。请返回{app}重试。' },
    failed: { heading: '登录未完成', message: '登录服务已批准，但{app}未能完成登录。请返回{app}重试。' },
    state_foreign: {
      heading: '意外的登录',
      message: '此登录不是由{app}发起的，因此已被忽略。如果您刚才正在登录，请在{app}中重新开始。',
    },
    state_used: { heading: '此登录链接已被使用', message: '您无需再进行任何操作。可以关闭此窗口并返回{app}。' },
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
  },
};

const chineseTraditional: PageLanguage = {
  lang: 'zh-Hant',
  dir: 'ltr',
  app: '應用程式',
  texts: {
    pending: { heading: '正在登入', message: '請稍候。' },
    finishing: { heading: '正在完成登入', message: '請稍候，{app}正在處理您的登入。' },
    return_to_app: { heading: '請返回{app}', message: '您的登入已轉交。請在{app}中查看結果。' },
    success: { heading: '您已登入', message: '您可以關閉此視窗並返回{app}。' },
    denied: { heading: '登入已取消', message: '存取未獲允許，因此未分享任何資訊。您可以關閉此視窗。' },
    refused: { heading: '登入未成功', message: '登入服務回報了錯誤。請返回{app}再試一次。' },
    failed: { heading: '登入未完成', message: '登入服務已核准，但{app}未能完成登入。請返回{app}再試一次。' },
    state_foreign: {
      heading: '非預期的登入',
      message: '此登入不是由{app}發起的，因此已被忽略。如果您剛才正在登入，請在{app}中重新開始。',
    },
    state_used: { heading: '此登入連結已使用過', message: '您不需要再進行任何操作。可以關閉此視窗並返回{app}。' },
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
  },
};

const italian: PageLanguage = {
  lang: 'it',
  dir: 'ltr',
  app: 'l’app',
  texts: {
    pending: { heading: 'Accesso in corso', message: 'Un momento, per favore.' },
    finishing: { heading: 'Stiamo completando l’accesso', message: 'Un momento, {app} sta completando l’accesso.' },
    return_to_app: {
      heading: 'Torna a usare {app}',
      message: 'Il tuo accesso è stato trasmesso. Apri {app} per vedere il risultato.',
    },
    success: {
      heading: 'Accesso effettuato',
      message: 'Puoi chiudere questa finestra e tornare a usare {app}.',
    },
    denied: {
      heading: 'Accesso annullato',
      message:
        'L’autorizzazione non è stata concessa, quindi non è stato condiviso nulla. Puoi chiudere questa finestra.',
    },
    refused: {
      heading: 'Accesso non riuscito',
      message: 'Il servizio di accesso ha segnalato un errore. Apri {app} e riprova.',
    },
    failed: {
      heading: 'Accesso non completato',
      message:
        'Il servizio di accesso ha dato l’approvazione, ma {app} non è riuscita a completare l’accesso. Apri {app} e riprova.',
    },
    state_foreign: {
      heading: 'Accesso inatteso',
      message:
        'Non è {app} ad aver richiesto questo accesso, che quindi è stato ignorato. Se stavi cercando di accedere, apri {app} e ricomincia.',
    },
    state_used: {
      heading: 'Questo link di accesso è già stato usato',
      message: 'Qui non c’è altro da fare. Puoi chiudere questa finestra e tornare a usare {app}.',
    },
    malformed: {
      heading: 'Risposta non leggibile',
      message: 'Il servizio di accesso ha inviato qualcosa di incomprensibile. Apri {app} e riprova.',
    },
    wrong_issuer: {
      heading: 'Risposta da un servizio inatteso',
      message:
        'La risposta non proviene dal servizio di accesso previsto. Per la tua sicurezza è stata ignorata. Apri {app} e ricomincia.',
    },
    nothing: {
      heading: 'Niente da fare qui',
      message: 'Questa pagina riceve gli accessi per {app}. Puoi chiuderla.',
    },
    unreachable: {
      heading: 'Impossibile contattare {app}',
      message: 'L’app potrebbe essere stata chiusa o non essere più in attesa. Apri {app} e ricomincia.',
    },
    no_script: {
      heading: 'Serve JavaScript',
      message:
        'Per completare l’accesso, attiva JavaScript per questa pagina e ricaricala. Oppure copia l’indirizzo di questa pagina, se {app} lo chiede.',
    },
    too_large: {
      heading: 'Troppi cookie',
      message:
        'Il browser ha inviato troppi cookie, lasciati da altre app a questo indirizzo. Apri una finestra anonima o cancella i cookie di questo indirizzo, poi riprova.',
    },
    bad_request: {
      heading: 'Impossibile rispondere a questa richiesta',
      message: 'L’indirizzo potrebbe essere incompleto o danneggiato. Apri {app} e ricomincia.',
    },
  },
};

const dutch: PageLanguage = {
  lang: 'nl',
  dir: 'ltr',
  app: 'de app',
  texts: {
    pending: { heading: 'Je wordt ingelogd', message: 'Een ogenblik geduld.' },
    finishing: { heading: 'Inloggen wordt afgerond', message: 'Nog even geduld, {app} rondt het inloggen af.' },
    return_to_app: {
      heading: 'Ga terug naar {app}',
      message: 'Je inlogpoging is doorgegeven. Het resultaat zie je in {app}.',
    },
    success: { heading: 'Je bent ingelogd', message: 'Je kunt dit venster sluiten en teruggaan naar {app}.' },
    denied: {
      heading: 'Inloggen geannuleerd',
      message: 'Er is geen toegang verleend, dus er is niets gedeeld. Je kunt dit venster sluiten.',
    },
    refused: {
      heading: 'Inloggen is niet gelukt',
      message: 'De inlogdienst meldde een fout. Ga terug naar {app} en probeer het opnieuw.',
    },
    failed: {
      heading: 'Inloggen is niet afgerond',
      message:
        'De inlogdienst gaf akkoord, maar {app} kon het inloggen niet afronden. Ga terug naar {app} en probeer het opnieuw.',
    },
    state_foreign: {
      heading: 'Onverwachte inlogpoging',
      message:
        'Deze inlogpoging kwam niet van {app} en is daarom genegeerd. Wilde je net inloggen, begin dan opnieuw vanuit {app}.',
    },
    state_used: {
      heading: 'Deze inloglink is al gebruikt',
      message: 'Je hoeft hier niets meer te doen. Je kunt dit venster sluiten en teruggaan naar {app}.',
    },
    malformed: {
      heading: 'Het antwoord was niet leesbaar',
      message: 'De inlogdienst stuurde iets onbegrijpelijks. Ga terug naar {app} en probeer het opnieuw.',
    },
    wrong_issuer: {
      heading: 'Antwoord van een onverwachte dienst',
      message:
        'Het antwoord kwam niet van de verwachte inlogdienst. Voor je veiligheid is het genegeerd. Begin opnieuw vanuit {app}.',
    },
    nothing: {
      heading: 'Hier is niets te doen',
      message: 'Deze pagina verwerkt het inloggen voor {app}. Je kunt de pagina sluiten.',
    },
    unreachable: {
      heading: 'Geen verbinding met {app}',
      message: 'De app is misschien gesloten of wacht niet meer. Begin opnieuw vanuit {app}.',
    },
    no_script: {
      heading: 'JavaScript is nodig',
      message:
        'Zet JavaScript aan voor deze pagina en laad de pagina opnieuw om het inloggen af te ronden. Of kopieer het adres van deze pagina naar {app}, als daarom wordt gevraagd.',
    },
    too_large: {
      heading: 'Te veel cookies',
      message:
        'Je browser stuurde te veel cookies mee. Ze komen van andere apps op dit adres. Open een privévenster of wis de cookies voor dit adres en probeer het opnieuw.',
    },
    bad_request: {
      heading: 'Dit verzoek kan niet worden beantwoord',
      message: 'Het adres is misschien onvolledig of beschadigd. Begin opnieuw vanuit {app}.',
    },
  },
};

const polish: PageLanguage = {
  lang: 'pl',
  dir: 'ltr',
  app: 'aplikacji',
  texts: {
    pending: { heading: 'Trwa logowanie', message: 'Zaczekaj chwilę.' },
    finishing: { heading: 'Kończenie logowania', message: 'Zaczekaj chwilę, trwa kończenie logowania do {app}.' },
    return_to_app: {
      heading: 'Wróć do {app}',
      message: 'Logowanie zostało przekazane dalej. Wynik zobaczysz w {app}.',
    },
    success: { heading: 'Zalogowano', message: 'Możesz zamknąć to okno i wrócić do {app}.' },
    denied: {
      heading: 'Logowanie anulowane',
      message: 'Dostęp nie został przyznany, więc niczego nie udostępniono. Możesz zamknąć to okno.',
    },
    refused: {
      heading: 'Logowanie nie powiodło się',
      message: 'Usługa logowania zgłosiła błąd. Wróć do {app} i spróbuj ponownie.',
    },
    failed: {
      heading: 'Logowanie nie zostało ukończone',
      message:
        'Usługa logowania wyraziła zgodę, ale w {app} nie udało się dokończyć logowania. Wróć do {app} i spróbuj ponownie.',
    },
    state_foreign: {
      heading: 'Nieoczekiwane logowanie',
      message:
        'To logowanie nie zostało rozpoczęte w {app}, dlatego je zignorowano. Jeśli chcesz się zalogować, zacznij ponownie w {app}.',
    },
    state_used: {
      heading: 'Ten link logowania został już użyty',
      message: 'Nie trzeba tu robić nic więcej. Możesz zamknąć to okno i wrócić do {app}.',
    },
    malformed: {
      heading: 'Niezrozumiała odpowiedź',
      message: 'Nie udało się odczytać odpowiedzi usługi logowania. Wróć do {app} i spróbuj ponownie.',
    },
    wrong_issuer: {
      heading: 'Odpowiedź z nieoczekiwanej usługi',
      message:
        'Odpowiedź nie pochodzi z oczekiwanej usługi logowania. Dla Twojego bezpieczeństwa została zignorowana. Zacznij ponownie w {app}.',
    },
    nothing: {
      heading: 'Nic tu nie trzeba robić',
      message: 'Ta strona obsługuje logowanie do {app}. Możesz ją zamknąć.',
    },
    unreachable: {
      heading: 'Brak odpowiedzi z {app}',
      message: 'Być może aplikacja została zamknięta lub już nie czeka. Zacznij ponownie w {app}.',
    },
    no_script: {
      heading: 'Potrzebny jest JavaScript',
      message:
        'Aby dokończyć logowanie, włącz JavaScript dla tej strony i odśwież ją. Możesz też skopiować adres tej strony do {app}, jeśli pojawi się taka prośba.',
    },
    too_large: {
      heading: 'Za dużo plików cookie',
      message:
        'Przeglądarka wysłała za dużo plików cookie. Pochodzą one z innych aplikacji pod tym adresem. Otwórz okno prywatne lub usuń pliki cookie dla tego adresu i spróbuj ponownie.',
    },
    bad_request: {
      heading: 'Nie można odpowiedzieć na to żądanie',
      message: 'Adres może być niepełny lub uszkodzony. Zacznij ponownie w {app}.',
    },
  },
};

const korean: PageLanguage = {
  lang: 'ko',
  dir: 'ltr',
  app: '앱',
  texts: {
    pending: { heading: '로그인하는 중', message: '잠시만 기다려 주세요.' },
    finishing: {
      heading: '로그인을 마무리하는 중',
      message: '{app}에서 로그인을 완료하고 있습니다. 잠시만 기다려 주세요.',
    },
    return_to_app: {
      heading: '{app}에서 계속하세요',
      message: '로그인이 전달되었습니다. 결과는 {app}에서 확인하세요.',
    },
    success: { heading: '로그인되었습니다', message: '이 창을 닫고 {app}에서 계속하세요.' },
    denied: {
      heading: '로그인이 취소되었습니다',
      message: '액세스가 허용되지 않아 공유된 정보가 없습니다. 이 창을 닫아도 됩니다.',
    },
    refused: {
      heading: '로그인하지 못했습니다',
      message: '로그인 서비스에서 오류가 발생했습니다. {app}에서 다시 시도해 주세요.',
    },
    failed: {
      heading: '로그인이 완료되지 않았습니다',
      message: '로그인 서비스에서는 승인되었지만 {app}에서 로그인을 완료하지 못했습니다. {app}에서 다시 시도해 주세요.',
    },
    state_foreign: {
      heading: '예상하지 못한 로그인입니다',
      message:
        '{app}에서 요청하지 않은 로그인이므로 무시되었습니다. 로그인하려던 중이었다면 {app}에서 다시 시작해 주세요.',
    },
    state_used: {
      heading: '이미 사용된 로그인 링크입니다',
      message: '여기서 더 할 일은 없습니다. 이 창을 닫고 {app}에서 계속하세요.',
    },
    malformed: {
      heading: '응답을 읽을 수 없습니다',
      message: '로그인 서비스에서 보낸 내용을 해석할 수 없습니다. {app}에서 다시 시도해 주세요.',
    },
    wrong_issuer: {
      heading: '예상과 다른 서비스의 응답입니다',
      message:
        '예상한 로그인 서비스가 아닌 곳에서 응답이 왔습니다. 안전을 위해 이 응답은 무시되었습니다. {app}에서 다시 시작해 주세요.',
    },
    nothing: { heading: '여기서 할 일이 없습니다', message: '{app}의 로그인을 받는 페이지입니다. 닫아도 됩니다.' },
    unreachable: {
      heading: '{app}에 연결할 수 없습니다',
      message: '앱이 종료되었거나 더 이상 기다리지 않을 수 있습니다. {app}에서 다시 시작해 주세요.',
    },
    no_script: {
      heading: 'JavaScript가 필요합니다',
      message:
        '로그인을 완료하려면 이 페이지에서 JavaScript를 켜고 새로고침해 주세요. {app}에서 요청하는 경우 이 페이지의 주소를 복사해 붙여 넣을 수도 있습니다.',
    },
    too_large: {
      heading: '쿠키가 너무 많습니다',
      message:
        '브라우저에서 보낸 쿠키가 너무 많습니다. 이 주소를 쓰는 다른 앱의 쿠키입니다. 시크릿 창에서 열거나 이 주소의 쿠키를 삭제한 뒤 다시 시도해 주세요.',
    },
    bad_request: {
      heading: '이 요청에는 응답할 수 없습니다',
      message: '주소가 불완전하거나 손상되었을 수 있습니다. {app}에서 다시 시작해 주세요.',
    },
  },
};

const arabic: PageLanguage = {
  lang: 'ar',
  dir: 'rtl',
  app: 'التطبيق',
  texts: {
    pending: { heading: 'جارٍ تسجيل الدخول', message: 'لحظة من فضلك.' },
    finishing: {
      heading: 'جارٍ إكمال تسجيل الدخول',
      message: `لحظة من فضلك، يجري إكمال تسجيل دخولك في ${isolatedApp}.`,
    },
    return_to_app: {
      heading: `عُد إلى ${isolatedApp}`,
      message: `تم تمرير تسجيل دخولك. ستظهر لك النتيجة في ${isolatedApp}.`,
    },
    success: {
      heading: 'تم تسجيل دخولك',
      message: `يمكنك إغلاق هذه النافذة والعودة إلى ${isolatedApp}.`,
    },
    denied: {
      heading: 'أُلغي تسجيل الدخول',
      message: 'لم يُسمح بالوصول، لذلك لم تتم مشاركة أي شيء. يمكنك إغلاق هذه النافذة.',
    },
    refused: {
      heading: 'تعذّر تسجيل الدخول',
      message: `أبلغت خدمة تسجيل الدخول عن خطأ. عُد إلى ${isolatedApp} وحاول مرة أخرى.`,
    },
    failed: {
      heading: 'لم يكتمل تسجيل الدخول',
      message: `وافقت خدمة تسجيل الدخول، لكن تعذّر إكمال الدخول في ${isolatedApp}. عُد إلى ${isolatedApp} وحاول مرة أخرى.`,
    },
    state_foreign: {
      heading: 'تسجيل دخول غير متوقع',
      message: `لم يبدأ تسجيل الدخول هذا من ${isolatedApp}، لذلك تم تجاهله. إذا كنت تحاول تسجيل الدخول، فابدأ من جديد من ${isolatedApp}.`,
    },
    state_used: {
      heading: 'سبق استخدام رابط تسجيل الدخول هذا',
      message: `لا يلزم فعل أي شيء آخر هنا. يمكنك إغلاق هذه النافذة والعودة إلى ${isolatedApp}.`,
    },
    malformed: {
      heading: 'تعذّرت قراءة الرد',
      message: `أرسلت خدمة تسجيل الدخول ردًا غير مفهوم. عُد إلى ${isolatedApp} وحاول مرة أخرى.`,
    },
    wrong_issuer: {
      heading: 'رد من خدمة غير متوقعة',
      message: `لم يصل الرد من خدمة تسجيل الدخول المتوقعة. تم تجاهله حفاظًا على أمانك. ابدأ من جديد من ${isolatedApp}.`,
    },
    nothing: {
      heading: 'لا شيء مطلوب هنا',
      message: `تستقبل هذه الصفحة عمليات تسجيل الدخول إلى ${isolatedApp}. يمكنك إغلاقها.`,
    },
    unreachable: {
      heading: `تعذّر الوصول إلى ${isolatedApp}`,
      message: `ربما أُغلق التطبيق أو لم يعد ينتظر. ابدأ من جديد من ${isolatedApp}.`,
    },
    no_script: {
      heading: 'يلزم تفعيل JavaScript',
      message: `لإكمال تسجيل الدخول، فعّل JavaScript لهذه الصفحة ثم أعد تحميلها. أو انسخ عنوان هذه الصفحة إلى ${isolatedApp} إذا طُلب منك ذلك.`,
    },
    too_large: {
      heading: 'ملفات تعريف الارتباط كثيرة جدًا',
      message:
        'أرسل متصفحك عددًا كبيرًا جدًا من ملفات تعريف الارتباط، وهي من تطبيقات أخرى على هذا العنوان. افتح نافذة خاصة أو امسح ملفات تعريف الارتباط لهذا العنوان، ثم حاول مرة أخرى.',
    },
    bad_request: {
      heading: 'تتعذّر الاستجابة لهذا الطلب',
      message: `ربما يكون العنوان ناقصًا أو تالفًا. ابدأ من جديد من ${isolatedApp}.`,
    },
  },
};

const hebrew: PageLanguage = {
  lang: 'he',
  dir: 'rtl',
  app: 'האפליקציה',
  texts: {
    pending: { heading: 'מתבצעת התחברות', message: 'רק רגע.' },
    finishing: { heading: 'משלימים את ההתחברות', message: `רק רגע, ההתחברות אל ${isolatedApp} מסתיימת.` },
    return_to_app: {
      heading: `חזרה אל ${isolatedApp}`,
      message: `ההתחברות הועברה הלאה. התוצאה תופיע בתוך ${isolatedApp}.`,
    },
    success: { heading: 'התחברת בהצלחה', message: `אפשר לסגור את החלון ולחזור אל ${isolatedApp}.` },
    denied: {
      heading: 'ההתחברות בוטלה',
      message: 'הגישה לא אושרה, ולכן שום דבר לא שותף. אפשר לסגור את החלון.',
    },
    refused: {
      heading: 'ההתחברות לא הצליחה',
      message: `שירות ההתחברות דיווח על שגיאה. יש לחזור אל ${isolatedApp} ולנסות שוב.`,
    },
    failed: {
      heading: 'ההתחברות לא הושלמה',
      message: `שירות ההתחברות אישר, אבל לא ניתן היה להשלים את ההתחברות אל ${isolatedApp}. יש לחזור אל ${isolatedApp} ולנסות שוב.`,
    },
    state_foreign: {
      heading: 'התחברות לא צפויה',
      message: `ההתחברות הזו לא התחילה מתוך ${isolatedApp}, ולכן לא טופלה. אם ניסית להתחבר, יש להתחיל מחדש מתוך ${isolatedApp}.`,
    },
    state_used: {
      heading: 'כבר נעשה שימוש בקישור ההתחברות הזה',
      message: `אין כאן עוד מה לעשות. אפשר לסגור את החלון ולחזור אל ${isolatedApp}.`,
    },
    malformed: {
      heading: 'לא ניתן לקרוא את התשובה',
      message: `שירות ההתחברות שלח תשובה לא מובנת. יש לחזור אל ${isolatedApp} ולנסות שוב.`,
    },
    wrong_issuer: {
      heading: 'תשובה משירות לא צפוי',
      message: `התשובה לא הגיעה משירות ההתחברות הצפוי. מטעמי אבטחה היא לא טופלה. יש להתחיל מחדש מתוך ${isolatedApp}.`,
    },
    nothing: {
      heading: 'אין כאן מה לעשות',
      message: `הדף הזה מקבל התחברויות עבור ${isolatedApp}. אפשר לסגור אותו.`,
    },
    unreachable: {
      heading: `אין חיבור אל ${isolatedApp}`,
      message: `ייתכן שהאפליקציה נסגרה או שאינה ממתינה עוד. יש להתחיל מחדש מתוך ${isolatedApp}.`,
    },
    no_script: {
      heading: 'נדרש JavaScript',
      message: `כדי להשלים את ההתחברות יש להפעיל JavaScript בדף הזה ולטעון אותו מחדש. אפשר גם להעתיק את כתובת הדף אל ${isolatedApp}, אם תופיע בקשה כזו.`,
    },
    too_large: {
      heading: 'יותר מדי קובצי Cookie',
      message:
        'הדפדפן שלח יותר מדי קובצי Cookie, שמקורם באפליקציות אחרות בכתובת הזו. יש לפתוח חלון פרטי או למחוק את קובצי ה-Cookie של הכתובת הזו, ואז לנסות שוב.',
    },
    bad_request: {
      heading: 'לא ניתן לענות על הבקשה הזו',
      message: `ייתכן שהכתובת חלקית או פגומה. יש להתחיל מחדש מתוך ${isolatedApp}.`,
    },
  },
};

/**
 * The languages of the callback page. The first is the one for everyone else.
 */
export const pageLanguages: readonly PageLanguage[] = [
  english,
  german,
  french,
  spanish,
  portuguese,
  japanese,
  chineseSimplified,
  chineseTraditional,
  italian,
  dutch,
  polish,
  korean,
  arabic,
  hebrew,
];

/** How much of an `Accept-Language` header is looked at. Browsers send fewer than 100 characters. */
const longestHeader = 1000;

/** One member of the header: a basic language range (RFC 4647, section 2.1) and its weight (RFC 9110, section 12.4.2). */
const member = /^(\*|[a-z]{1,8}(?:-[a-z\d]{1,8})*)(?:[ \t]*;[ \t]*q=(0(?:\.\d*)?|1(?:\.0*)?))?$/i;

/** What to try after a tag, where that is not the tag less its last subtag: CLDR's likely scripts, and a renamed code. */
const parents: ReadonlyMap<string, string> = new Map([
  ['zh-tw', 'zh-hant'],
  ['zh-hk', 'zh-hant'],
  ['zh-mo', 'zh-hant'],
  ['iw', 'he'],
]);

interface WeightedRange {
  readonly range: string;
  readonly weight: number;
}

/** The header's ranges in lower case, as they stand. What does not parse is left out. */
function parseRanges(header: string): WeightedRange[] {
  let text = header;
  if (text.length > longestHeader) {
    // The member that the cut goes through would change its meaning: 'de;q=0.9' would become 'de;q=0'.
    text = text.slice(0, longestHeader + 1);
    text = text.slice(0, Math.max(0, text.lastIndexOf(',')));
  }
  const ranges: WeightedRange[] = [];
  for (const part of text.split(',')) {
    const [, range, weight] = member.exec(part.trim()) ?? [];
    if (range !== undefined) ranges.push({ range: range.toLowerCase(), weight: Number(weight ?? 1) });
  }
  return ranges;
}

/** RFC 4647, section 3.4: shortens the range from its end. A single letter or digit goes with what it introduces. */
function parentOf(range: string): string {
  return parents.get(range) ?? range.slice(0, Math.max(0, range.lastIndexOf('-'))).replace(/-[a-z\d]$/, '');
}

/** Whether the most specific range that covers the tag has the weight 0. */
function isRefused(tag: string, ranges: readonly WeightedRange[]): boolean {
  let closest: WeightedRange | undefined;
  for (const candidate of ranges) {
    const covers = tag === candidate.range || tag.startsWith(`${candidate.range}-`);
    if (covers && candidate.range.length >= (closest?.range.length ?? 0)) closest = candidate;
  }
  return closest?.weight === 0;
}

/**
 * Chooses the language of the callback page: RFC 4647 lookup over the `Accept-Language` header.
 *
 * Ranges are tried by descending weight, each shortened until a language fits (`pt-BR` finds `pt`, `zh-HK` finds
 * `zh-Hant`). `*` stands for whatever is not refused with `q=0`, and is tried last. Members that are not well formed are
 * ignored, and so is everything after the first 1,000 characters.
 *
 * @param acceptLanguage - The header's value.
 * @param available - The languages to choose from, the default one first.
 * @default available - {@link pageLanguages}
 * @returns The chosen language, or the first available one when none fits.
 *
 * @see [RFC 9110, section 12.5.4](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4) and
 * [RFC 4647, section 3.4](https://www.rfc-editor.org/rfc/rfc4647#section-3.4)
 */
export function selectLanguage(
  acceptLanguage: string | undefined,
  available: readonly PageLanguage[] = pageLanguages,
): PageLanguage {
  const ranges = parseRanges(acceptLanguage ?? '');
  const accepted = new Map<string, PageLanguage>();
  for (const language of available) {
    const tag = language.lang.toLowerCase();
    if (!accepted.has(tag) && !isRefused(tag, ranges)) accepted.set(tag, language);
  }
  const wanted = ranges.filter(({ weight }) => weight > 0).sort((a, b) => b.weight - a.weight);
  for (const { range } of wanted) {
    for (let tag = range; tag !== '' && tag !== '*'; tag = parentOf(tag)) {
      const language = accepted.get(tag);
      if (language) return language;
    }
  }
  const [anyAccepted] = wanted.some(({ range }) => range === '*') ? accepted.values() : [];
  return anyAccepted ?? available[0] ?? english;
}
