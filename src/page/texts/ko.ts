import type { PageLanguage } from '../language.js';

/** Korean. */
export const language: PageLanguage = {
  lang: 'ko',
  dir: 'ltr',
  app: '앱',
  detailLabel: '로그인 서비스의 메시지',
  codeLabel: '오류 코드:',
  helpLabel: '도움말',
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
      heading: '대기 중인 로그인이 없습니다',
      message: '이전 로그인의 페이지일 수 있어 무시되었습니다. 로그인하려면 {app}에서 다시 시작해 주세요.',
    },
    state_used: {
      heading: '이미 사용된 로그인 링크입니다',
      message: '여기서 더 할 일은 없습니다. 이 창을 닫고 {app}에서 계속하세요.',
    },
    sign_in_ended: {
      heading: '종료된 로그인입니다',
      message: '로그인이 취소되었거나 완료되지 않았습니다. 로그인하려면 {app}에서 다시 시작해 주세요.',
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
    error_without_state: {
      heading: '로그인 서비스에서 오류가 발생했습니다',
      message:
        '어느 로그인의 오류인지 알 수 없어 무시되었습니다. 로그인하려던 중이었다면 {app}에서 다시 시작해 주세요.',
    },
    foreign_host: {
      heading: '알 수 없는 주소입니다',
      message:
        '{app}에서 사용하지 않는 주소로 이 페이지가 열렸습니다. {app}에서 다시 시작해 주세요. 터널이나 프록시를 거친다면 주소를 확인해 주세요.',
    },
    not_forwarded: {
      heading: '로그인이 전달되지 않았습니다',
      message:
        '브라우저에서 보낸 로그인이 {app}에 도달하지 못했습니다. 확장 프로그램이나 개인 정보 보호 설정 때문일 수 있습니다. 시크릿 창이나 다른 브라우저에서 다시 시도해 주세요.',
    },
    copy_address: {
      heading: '주소 복사',
      message: '버튼으로 이 페이지의 주소를 복사한 뒤 {app}에서 요청하는 곳에 붙여 넣어 주세요.',
    },
    address_copied: { heading: '주소를 복사했습니다', message: '이제 {app}에서 요청하는 곳에 붙여 넣어 주세요.' },
    close_window: { heading: 'Ctrl+W', message: '이 창을 닫으려면 {keys} 키를 누르세요.' },
  },
};
