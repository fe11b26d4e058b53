"""Phrases that open, shape and close a request; used by `actions`."""

from __future__ import annotations

import re

VERBS = (
    "add|advise|answer|arrange|ask|amend|approve|apologi[sz]e|bill|block|book|bring|call|cancel"
    "|change|check|clarify|clean|close|collect|come|confirm|connect|contact"
    "|correct|credit|deliver|dispatch|do|drop|email|e-mail|escalate|examine|explain|extend|fax"
    "|find|fit|fix|follow|forward|get|give|have|help|hold|honour|include|inform|install"
    "|investigate|invoice|issue|keep|leave|let|look|mail|make|mend|message|move|notify|offer|open"
    "|order|organi[sz]e|pass|phone|pick|post|postpone|prepare|prepone|process|provide|put"
    "|quote|reach|rearrange|re-arrange|recommend|refund|register|remind|remove|renew|repair"
    "|replace|reply|reschedule|reserve|reset|resend|resolve|respond|restore|return|review|ring"
    "|run|save|schedule|see|send|service|set|share|ship|sign|sort|speak|squeeze|stop|submit"
    "|supply|switch|take|talk|tell|text|transfer|turn|unlock|update|upgrade|use|verify|walk|waive"
    "|write"
)
GO = (
    "book|schedule|reschedule|cancel|order|change|move|arrange|rearrange|re-arrange|buy|purchase"
    "|return|speak|talk|know|make|confirm|check|upgrade|set up|sign up|register|reserve|hire|rent"
    "|renew|switch|discuss|see|view|extend|postpone|hear|add|update|report|get|find out|place"
    "|request|donate|volunteer|enrol|enroll|bring forward|apply|terminate|close|end|come in|pick "
    "up|drop off|have|push|open|join|ask|meet|prepone|complain|make|chase|query|dispute|swap"
    "|exchange|borrow|visit|order"
)
WANT = (
    r"(?:i|we)(?:'d| would)? (?:really |just |also |actually |still |very much |kindly )?(?:like"
    r"|love|prefer|want|wanted|need|wish|hope|have)"
    r"|(?:i'm|i am|we're|we are|was|were)? ?(?:just |also )?(?:hoping|looking|wanting|wishing"
    r"|trying|keen|calling|ringing|phoning|call|ring|wondering if i could|wondering if we could"
    r"|wondering if i can)"
    r"|(?:can|could|may|might) (?:i|we)(?: please| possibly)?"
)
THING = (
    "appointment|quote|quotation|estimate|call ?back|phone call|copy|refund|replacement|receipt"
    "|invoice|table|room|update|price list|price|brochure|plumber|electrician|engineer"
    "|technician|prospectus|catalogue|viewing|visit|consultation|meeting|demo|demonstration"
    "|sample|samples|slot|booking|reservation|explanation|apology|letter|certificate|statement"
    "|taxi|cab|reply|response|answer|repeat prescription|prescription|discount|taster|tour|trial"
    "|new password|password reset|parking permit|confirmation|reference|form|application form"
    "|money back|wheelchair|cot|vegetarian option|upgrade|inspection|repair|supervisor|manager|human|word"
    "|credit note|vat receipt|tracking number|part|new one|second opinion|cleaner|lift|call"
)
SOMEONE = (
    r"(?:you(?: guys| folks| all| lot)?|y'all|someone|somebody|anyone|anybody|one of (?:you"
    r"|your \w+|the \w+)(?: \w+)?|your (?:team|office|driver|engineer|manager|accounts (?:team"
    r"|department))|they|he|she|(?:an?|the|your) [a-z]+)"
)
SOFT = (
    r"(?:please |possibly |kindly |just |maybe |also |perhaps |then |quickly |at least |either "
    r"|be able to |do me a favou?r and |go ahead and |be so kind as to |be good enough to |try to "
    r"|try and )*"
)
OPENER = re.compile(
    rf"\b(?:could|can|would|will|might) (?:{SOMEONE}|(?P<who>(?!(?:i|we|it|that|this|there|the|not"
    rf"|be)\b)[a-z]+)) {SOFT}(?P<ask>(?:{VERBS})\b)"
    rf"|\bwould {SOMEONE} mind (?:please )?(?P<mind>[a-z]+ing)\b"
    rf"|\b(?:please|kindly) {SOFT}(?:do )?(?P<please>(?:{VERBS}|make sure|ensure)\b)"
    rf"|\b(?:if|whether|that|so) {SOMEONE} (?:could|can|would|might|are able to"
    rf"|were able to) {SOFT}(?P<if>(?:{VERBS})\b)"
    rf"|\b(?:i|we) (?:just |really |also )?(?:need|want|'d like|would like|expect"
    rf"|would prefer) {SOMEONE} to {SOFT}(?P<need>(?:{VERBS})\b)"
    rf"|\b(?:i'd|i would|we'd|we would) (?:like|appreciate it if) {SOMEONE} (?:to|would"
    rf"|could)? ?{SOFT}(?P<like>(?:{VERBS})\b)"
    rf"|(?<!told to )\b(?:{WANT}) (?:if (?:i|we) (?:can"
    rf"|could) )?(?:to (?:please )?)?(?:go ahead and )?(?P<want>(?:{GO})\b)"
    rf"|\b(?:i|we)(?:'d| would| will|'ll)? (?:really |just |also |still )?(?:like|love|need|want"
    rf"|require|appreciate|prefer|expect|demand)(?: to have| to get)? (?P<thing>(?:an?|the|my|your"
    rf"|some|another"
    rf"|two|three|that) (?:[a-z-]+ ){{0,3}}?(?:{THING})s?\b)"
    rf"|\b(?:i'm|i am|we're|we are|am) (?:looking for|after|in need of|calling for"
    rf"|hoping for) (?P<after>(?:an?|the|my|your|some|another|two"
    rf"|three) (?:[a-z-]+ ){{0,3}}?(?:{THING})s?\b)"
    rf"|\b(?:i|we)(?:'d| would)? (?:really |do )?(?:need|want|like) (?P<done>(?:this|that|it|them"
    rf"|these|(?:my|our"
    rf"|the) (?:\w+ ){{0,2}}?\w+) (?:\w+ed|done|sent|resent|back|gone)\b)"
    rf"|\b(?:i|we) (?:really |do |urgently )?(?:need|want|could use) (?P<help>(?:some |urgent "
    rf"|your |any )?(?:help|assistance"
    rf"|advice)\b)"
    rf"|\byou(?:'d| had) better (?P<better>(?:{VERBS})\b)"
    rf"|\b(?:don't forget to|make sure (?:you |to )|be sure to|remember to|time to"
    rf"|do the needful and|any chance of (?:you )?) ?(?P<sure>[a-z]+)\b"
    rf"|\b(?:asking|ask) (?:you|that you|if you) (?:to|could|can)? ?(?P<asking>(?:{VERBS})\b)",
    re.IGNORECASE,
)
IMPERATIVES = (
    "call|ring|phone|give|gie|send|email|text|let|tell|ask|have|bring|check|fix|book|cancel"
    "|confirm|leave|remind|forward|pass|get|put me through|drop|change|refund|reply|arrange"
    "|return|schedule|save"
)
IMPERATIVE = re.compile(
    rf"(?:^|(?<=[.!?,;] )|\b(?:and|so|then|also|or|please|now) )(?:just |also "
    rf"|please )*(?!have a )(?P<verb>(?:{IMPERATIVES})\b)(?= (?:me|us|him|her|them|the|my|a|an|your|this|it"
    rf"|in|that|[a-z]+ (?:to|know|i|that|we)|him|back|on|at)\b)",
    re.I,
)
QUESTION = re.compile(
    r"(?:^|(?<=[.!?;,] )|\b(?:and|so|but|also|wondering|wondered|know|ask(?: you)?|find out|check"
    r"|see|checking|seeing|out|query|question is|enquire|inquire|asking) )"
    r"(?P<q>(?:do|does|did|are|is|will|would|have|has|can|could) (?:you|your|there|it|they|the|we"
    r"|dogs|children|kids|pets|i|my|this|that|anyone)\b(?! (?:please|think you))|(?:if|whether) (?:you"
    r"|there|your|the|it|i|we|they|dogs|children|my|this)\b(?! (?:could|can|would|might|get|need"
    r"|have any))"
    r"|any (?:news|updates?|word|progress) (?:on|about|of|yet|regarding)\b|(?:what|which)(?:'s"
    r"| time| should| can| would| else| is| are| do| does| kind| sort| documents| sizes?| your| the| day"
    r"| days| hours)\b|why (?:is|are|do|did|was|were|has|have|does)\b|(?:how) (?:things|much|many"
    r"|long|far|do|does|late|soon|old|can|is|would|to)\b"
    r"|when (?:do|does|is|are|will|can|would|you|the|your)\b|where (?:is|are|do|can|the|to|you)\b"
    r"|who (?:is|do|should|can|to)\b)",
    re.I,
)
BODY_END = re.compile(
    r"[.!?;]\s|[.!?;]$|,? (?:because|so that|so i|so we|as (?:i|we|my|it|the) |since |but "
    r"|otherwise|which |cheers|thanks|thank you|bye|my (?:number|name|mobile|email|phone|address"
    r"|cell)|i'm|i am|i'll|i've|i was|i need|i have|i think|i don't|i want|we're|we've"
    r"|it's (?:not|just|been|about|urgent|quite|really|four|oh|zero|plus|\d)|it is|no (?:rush"
    r"|hurry|need)|when(?:ever)? you (?:get|have|can|are)|that would|that'd|would be|if (?:that's"
    r"|that is|possible|not|you (?:can|could|get|have|need))|talk soon|have a (?:good|nice|great"
    r"|lovely|wonderful)|take care"
    r"|much appreciated|i (?:[a-z]+ed|did|had|just|can't|couldn't|don't)|and (?:i|my|we|thanks"
    r"|thank|that|it|there)\b|or (?:i|we) |please$"
    r"|please\b(?=[,.!?]|$)|the number|on (?:this number|my (?:mobile|cell))|at (?:the )?(?:number"
    r"|email)"
    r"|the best (?:number|time)|you can (?:reach|call|get|ring)|also (?:could|can|please|do|i)"
    r"|and (?:also )?(?:could|can|would|please|do|does|are|is|will|when|where|who|what|how"
    r"|let me know|if))\b",
    re.I,
)
AND_VERB = re.compile(
    rf",? (?:and|then|and then|and also|and please|and maybe)(?: to| also| please| maybe"
    rf"| then)? (?!(?:have|take) a (?:\w+ )?look|see if|come and|try and)(?=(?:{VERBS})\b)",
    re.I,
)
NEGATED = re.compile(
    r"\b(?:don't|do not|no need to|not|never|didn't|couldn't|wouldn't|won't|can't|cannot|asked"
    r"|told|promised|said|nobody|no one|supposed to|used to|thought)(?: \w+){0,3}$",
    re.I,
)
CALL_TASK = re.compile(
    r"^(?:call|ring|phone|telephone|give (?:me|us) (?:a|an) (?:\w+ )?(?:call|ring|bell|buzz|shout)"
    r"|return (?:my|our|the) call|buzz|reach me|contact me)\b",
    re.I,
)
CONDITION = re.compile(r"(?:if|whether|when (?:you|the|your))\b", re.I)
HAVE_CALL = re.compile(r"^(?:have|get|ask|tell|let)\b.{1,40}\b(?:call|ring|phone) (?:me|us)\b", re.I)
ABOUT = re.compile(r"^(?:tell|let me know|know|find out|confirm|advise|check|ask|explain|inform)\b", re.I)
SAME_THING = re.compile(
    r"^(?:send|email|e-mail|forward|post|mail|reply|do) (?:it|them|that|this|one)\b", re.I
)
LIMIT = re.compile(
    r"\b(?:i|we) (?:really |do |would )?(?:need|want|must have|'d like|would like) (?:it|this|that|them|these"
    r"|an answer|one)(?: \w+){0,3}? |^(?:ideally|preferably|hopefully),? "
    r"|\bit(?:'s| is| has) (?:to be )?(?:\w+ )?(?:needed|due|required|done) |^(?=by |before |asap"
    r"|as soon|within )",
    re.I,
)
MAX_ITEMS = 20
MAX_WORDS = 18
GERUND_DOUBLE = re.compile(r"([bdgmnprt])\1$")
BOOK = re.compile(
    r"appointment|table|room|viewing|visit|consultation|meeting|slot|booking|reservation|tour|demo"
    r"|demonstration|taster|trial|inspection|taxi|cab",
    re.I,
)
SEND = re.compile(
    r"quote|quotation|estimate|copy|receipt|invoice|price|brochure|prospectus|catalogue|sample"
    r"|letter|certificate|statement|form|tracking|confirmation|credit note",
    re.I,
)
