import type { PageLanguage } from '../language.js';

/** Spanish. */
export const language: PageLanguage = {
  lang: 'es',
  dir: 'ltr',
  app: 'la aplicación',
  detailLabel: 'Mensaje del servicio de inicio de sesión',
  codeLabel: 'Código de error:',
  helpLabel: 'Obtener ayuda',
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
      heading: 'Aquí no hay ningún inicio de sesión pendiente',
      message:
        'Esta página puede ser de un inicio de sesión anterior, por lo que se ha ignorado. Para iniciar sesión, empieza de nuevo desde {app}.',
    },
    state_used: {
      heading: 'Este enlace de inicio de sesión ya se usó',
      message: 'No hay nada más que hacer aquí. Puedes cerrar esta ventana y volver a {app}.',
    },
    sign_in_ended: {
      heading: 'Este inicio de sesión ha terminado',
      message: 'Se canceló o no funcionó. Para iniciar sesión, empieza de nuevo desde {app}.',
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
    error_without_state: {
      heading: 'El servicio de inicio de sesión comunicó un error',
      message:
        'No indicó a qué inicio de sesión pertenece el error, por lo que se ha ignorado. Si querías iniciar sesión, empieza de nuevo desde {app}.',
    },
    foreign_host: {
      heading: 'Dirección desconocida',
      message:
        'Esta página se abrió en una dirección que {app} no utiliza. Empieza de nuevo desde {app} y comprueba la dirección si hay un túnel o un proxy de por medio.',
    },
    not_forwarded: {
      heading: 'El inicio de sesión no se transmitió',
      message:
        'El navegador impidió que llegara a {app}. La causa puede ser una extensión o un ajuste de privacidad. Inténtalo de nuevo en una ventana privada o en otro navegador.',
    },
    copy_address: {
      heading: 'Copiar dirección',
      message: 'Copia la dirección de esta página con el botón y pégala donde {app} la pida.',
    },
    address_copied: { heading: 'Dirección copiada', message: 'Ahora pégala donde {app} la pida.' },
    close_window: { heading: 'Ctrl+W', message: 'Para cerrar esta ventana, pulsa {keys}.' },
  },
};
