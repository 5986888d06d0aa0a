import type { PageLanguage } from '../language.js';

/** Portuguese. */
export const language: PageLanguage = {
  lang: 'pt',
  dir: 'ltr',
  app: 'o app',
  detailLabel: 'Mensagem do serviço de login',
  codeLabel: 'Código de erro:',
  helpLabel: 'Obter ajuda',
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
      heading: 'Nenhum login está pendente aqui',
      message:
        'Esta página pode ser de um login anterior, por isso foi ignorada. Para entrar, volte para {app} e comece de novo.',
    },
    state_used: {
      heading: 'Este link de login já foi usado',
      message: 'Não há mais nada a fazer aqui. Você pode fechar esta janela e voltar para {app}.',
    },
    sign_in_ended: {
      heading: 'Este login terminou',
      message: 'Ele foi cancelado ou não funcionou. Para entrar, volte para {app} e comece de novo.',
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
    error_without_state: {
      heading: 'O serviço de login informou um erro',
      message:
        'Ele não indicou a qual login o erro pertence, por isso o erro foi ignorado. Se você queria entrar, volte para {app} e comece de novo.',
    },
    foreign_host: {
      heading: 'Endereço desconhecido',
      message:
        'Esta página foi aberta em um endereço que {app} não usa. Volte para {app} e comece de novo. Confira o endereço se houver um túnel ou um proxy no caminho.',
    },
    not_forwarded: {
      heading: 'O login não foi encaminhado',
      message:
        'O navegador impediu que ele chegasse até {app}. A causa pode ser uma extensão ou uma configuração de privacidade. Tente de novo em uma janela anônima ou em outro navegador.',
    },
    copy_address: {
      heading: 'Copiar endereço',
      message: 'Copie o endereço desta página com o botão e cole-o onde {app} pedir.',
    },
    address_copied: { heading: 'Endereço copiado', message: 'Agora cole-o onde {app} pedir.' },
    close_window: { heading: 'Ctrl+W', message: 'Para fechar esta janela, pressione {keys}.' },
  },
};
