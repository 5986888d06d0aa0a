import type { PageLanguage } from '../language.js';

/** A Latin name in right-to-left text, between FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE, keeps its own order. */
const isolatedApp = '\u2068{app}\u2069';

/** Arabic. */
export const language: PageLanguage = {
  lang: 'ar',
  dir: 'rtl',
  app: 'التطبيق',
  detailLabel: 'رسالة من خدمة تسجيل الدخول',
  codeLabel: 'رمز الخطأ:',
  helpLabel: 'الحصول على المساعدة',
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
      heading: 'لا يوجد هنا تسجيل دخول قيد الانتظار',
      message: `ربما تعود هذه الصفحة إلى تسجيل دخول سابق، لذلك تم تجاهلها. لتسجيل الدخول، ابدأ من جديد من ${isolatedApp}.`,
    },
    state_used: {
      heading: 'سبق استخدام رابط تسجيل الدخول هذا',
      message: `لا يلزم فعل أي شيء آخر هنا. يمكنك إغلاق هذه النافذة والعودة إلى ${isolatedApp}.`,
    },
    sign_in_ended: {
      heading: 'انتهى تسجيل الدخول هذا',
      message: `تم إلغاؤه أو لم ينجح. لتسجيل الدخول، ابدأ من جديد من ${isolatedApp}.`,
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
    error_without_state: {
      heading: 'أبلغت خدمة تسجيل الدخول عن خطأ',
      message: `لم تحدد الخدمة أي تسجيل دخول يخصه هذا الخطأ، لذلك تم تجاهله. إذا كنت تحاول تسجيل الدخول، فابدأ من جديد من ${isolatedApp}.`,
    },
    foreign_host: {
      heading: 'عنوان غير معروف',
      message: `فُتحت هذه الصفحة على عنوان غير مستخدم في ${isolatedApp}. ابدأ من جديد من ${isolatedApp}، وتحقق من العنوان إذا كان الاتصال يمر عبر نفق أو خادم وكيل.`,
    },
    not_forwarded: {
      heading: 'لم يتم تمرير تسجيل الدخول',
      message: `منع المتصفح وصوله إلى ${isolatedApp}. قد يكون السبب إضافة أو إعداد خصوصية في المتصفح. حاول مرة أخرى في نافذة خاصة أو في متصفح آخر.`,
    },
    copy_address: {
      heading: 'نسخ العنوان',
      message: `انسخ عنوان هذه الصفحة بالزر، ثم الصقه حيث يُطلب منك ذلك في ${isolatedApp}.`,
    },
    address_copied: { heading: 'تم نسخ العنوان', message: `الصقه الآن حيث يُطلب منك ذلك في ${isolatedApp}.` },
    close_window: { heading: 'Ctrl+W', message: 'لإغلاق هذه النافذة، اضغط على {keys}.' },
  },
};
