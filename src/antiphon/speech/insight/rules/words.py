"""Word lists shared by the rules."""

from __future__ import annotations

# Given names often heard, as evidence in text without capitals.
_FIRST_NAMES = """
aaron abdul abigail adam adrian agnes ahmed aidan aisha alan alastair albert alex alexander
alexandra alfie ali alice alicia alison allison amanda amber amelia amir amit amy ana andrea andrew
andy angela angus anil anita anjali ann anna anne annie anthony antonio arjun arthur asha ashley
barbara barry beatrice becky ben benjamin bernard beth betty beverly bill billy bob bonnie brad
bradley brandon brenda brian bruce callum cameron carl carla carlos carmen carol caroline catherine
cathy charles charlie charlotte cheryl chloe chris christina christine christopher claire clare
colin connor craig cynthia daisy dan daniel danielle darren dave david dawn dean deborah deepa
deepak denise dennis derek diana diane diego divya dominic donald donna dorothy doug douglas duncan
dylan eddie edith edward eileen elaine eleanor elena eli elizabeth ella ellen ellie emily emma eric
erica erin esther ethan euan eva eve evelyn ewan farah fatima felix finlay fiona florence frances
francesca francis frank fraser fred freddie gareth gary gavin geoff george georgia gerald geraldine
gillian gita gordon graham greg gregory hamish hannah harold harriet harry hassan heather hector
helen henry holly howard hugh hugo ian imran ingrid irene isaac isabel isabella isla ivan ivy jack
jackie jacob jacqueline jake james jamie jan jane janet janice jasmine jason javier jay jean jeff
jeffrey jen jennifer jenny jeremy jerry jess jessica jill jim jimmy joan joanna joanne joe joel john
johnny jon jonathan jordan jorge jose joseph josh joshua joyce juan judith judy julia julian julie
juliet june justin karen karl kate katherine kathleen kathy katie katy kavita keith kelly ken
kenneth kerry kevin khalid kim kiran kirsten kirsty kyle lakshmi lara larry laura lauren laurence
leah leanne lee leo leon leslie lewis liam lily linda lindsay lisa liz logan lorna lorraine louis
louise lucas lucy luis luke lydia lynn madeleine maggie manuel marcus margaret maria marie marilyn
marion marjorie mark martha martin mary mateo matt matthew maureen max maya meera megan mei melissa
mia michael michelle miguel mike mohammed mohan moira molly monica morag muhammad nadia nancy naomi
natalie nathan neha neil nicholas nick nicky nicola nicole nigel nikhil nina noah noel nora norman
olga oliver olivia omar oscar owen pam pamela pat patricia patrick paul paula pauline pedro peggy
penny pete peter phil philip phoebe pooja priya rachel rahul raj rajesh ralph ramesh ravi ray
raymond rebecca reggie rhona rhys ricardo richard rick rita robert roberta robin rodney roger rohan
rohit ron ronald rory rosa rosemary ross roy ruby russell ruth ryan sadie sally sam samantha samuel
sandra sanjay sara sarah scott sean sebastian shannon sharon shaun sheila shirley shona shreya simon
sofia sonia sophia sophie stacey stella stephanie stephen steve steven stewart stuart sue sunil
sunita susan suzanne tanya tara ted teresa terry thomas tim timothy tina toby todd tom tommy tony
tracey tracy trevor tyler usha valerie vanessa vera veronica vicky victor victoria vijay vikram
vincent violet vivian walter wei wendy william yasmin yusuf yvonne zach zara zoe
"""
# Words that never belong to a name.
_NOT_NAMES = """
a about above absolute absolutely account actually after afternoon again ago all almost already also
always am an and angry annoyed another any anybody anyone anything anyway anywhere apartment app
appointment april are around as ask asked asking assistant at august available away awful back bad
be because been before being below best better between big bill boiler book booked booking boss both
bought bring broken brother business but buy by bye call called caller calling calls can can't
cancel cannot car card charge charged check cheers christmas clear client colleague coming company
complaint concerning confirm contact correct could couple customer dad dash daughter day days dear
december definitely delivery dentist department did didn't different disappointed disappointing do
doctor does doesn't doing don't done dot double down driver driving due during each early easter
eight either eleven else email emergency enough enquiring enquiry even evening ever every everybody
everyone everything exactly except extremely father february feeling few fifty fine first five flat
follow following for forty found four friday friend from frustrated frustrating fully further
general get getting give glad go goes going good great guys ha had half happen happened happening
happy has hasn't have haven't having he heard heating hello help her here hers hey hi him his hold
home hope hoping house how however hundred husband i i'd i'll i'm i've if important in inquiring
inquiry inside instead interested internet into invoice invoices is isn't it it's its january july
june just keep kind kitchen know landlord last late later leak least leave leaving left less let
letter like likely little live living locked long look looking lost lot lovely made mail make making
manager many march matter may maybe me mean message might mine minute minutes mobile mom monday
monday's money month months more morning most mostly mother much mum must my name named need needed
needing needs neighbor neighbour never new next nice night nine no nobody none nor not nothing
november now nowhere number nurse o'clock obviously october of off office oh ok okay old on once one
online only open or order ordered other our ours out outside over own page part partner pay people
perfect perhaps phone phoning please pleased plumber plus pm point possible probably problem
problems query question quick quite rather reach ready really receive received reception
receptionist reference regarding regards relation reply request ridiculous ring ringing room running
safe said sales same saturday saw say saying says school second see seems send sent september
service seven several shame she should simply since sir sister site six so some somebody someone
something sometime somewhere son soon sorry speak speaking staff still stop stuck stupid such sunday
support sure surely take talk teacher team ten tenant terrible text than thank thanks that that's
the their them then there there's these they they're thing things think third thirty this those
though thought three through thursday ticket time to today together told tomorrow tonight too tried
triple true try trying tuesday twelve twenty two unable unacceptable under underscore unfortunately
unhappy until up upset urgent us usual very voicemail wait waiting want wanted wanting wants was
wasn't water way we we'd we'll we're we've website wednesday week weekend weeks well went were
weren't what what's when where whether which while who whoever whole whose why wife will willing
wish with within without won't wondering work working worried would wouldn't writing wrong year
years yes yesterday yet you you'd you'll you're you've your yours zero
"""
# Words a company's name ends in.
_COMPANY_TAILS = """
academy accountants associates bakery bank builders cafe catering charity clinic co college company
construction consulting corp corporation council couriers dental design designs electrical estates
foundation freight gardens group holdings hospital hotel inc incorporated insurance interiors labs
landscaping legal lettings limited llc llp logistics ltd media motors partners plc plumbing
properties property restaurant roofing salon school services software solicitors solutions studio
studios surgery systems tech technologies transport trust university veterinary vets
"""

FIRST_NAMES = frozenset(_FIRST_NAMES.split())
NOT_NAMES = frozenset(_NOT_NAMES.split())
COMPANY_TAILS = frozenset(_COMPANY_TAILS.split())
