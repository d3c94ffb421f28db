// Domains where everybody can have a mailbox. The biggest providers by region, and small ones that look like a slip of a
// big one. A domain that is missing here is limited as one company's (limits.ts), and may be taken for a typing slip;
// nothing worse. Pure.

export const PUBLIC_MAILBOX_DOMAINS: ReadonlySet<string> = new Set(
  `gmail.com googlemail.com outlook.com outlook.de outlook.fr hotmail.com hotmail.co.uk hotmail.fr hotmail.de hotmail.it
   live.com live.co.uk live.fr msn.com yahoo.com yahoo.co.uk yahoo.co.in yahoo.co.jp yahoo.fr yahoo.de yahoo.com.br
   ymail.com icloud.com me.com mac.com aol.com aol.de proton.me protonmail.com pm.me gmx.de gmx.net gmx.at gmx.ch gmx.com
   web.de t-online.de freenet.de posteo.de mailbox.org mail.com email.com mail.de email.de zoho.com fastmail.com
   fastmail.fm hey.com tutanota.com tuta.com yandex.ru yandex.com ya.ru mail.ru bk.ru list.ru inbox.ru rambler.ru vk.com
   qq.com foxmail.com 163.com 126.com sina.com naver.com daum.net hanmail.net orange.fr wanadoo.fr free.fr sfr.fr
   laposte.net libero.it virgilio.it tiscali.it alice.it comcast.net verizon.net att.net sbcglobal.net bellsouth.net
   cox.net charter.net btinternet.com sky.com talktalk.net bigpond.com shaw.ca rogers.com sympatico.ca uol.com.br
   bol.com.br terra.com.br rediffmail.com wp.pl onet.pl o2.pl interia.pl seznam.cz centrum.cz ziggo.nl kpnmail.nl
   home.nl telenet.be skynet.be bluewin.ch hispeed.ch telefonica.net`.split(/\s+/),
);
