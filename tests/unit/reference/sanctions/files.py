"""Small files in every format, written from the published schemas about people who do not exist; and where real ones lie."""

from functools import cache

from habeas.domain.listing import ParsedList
from habeas.reference.sanctions.ofac_csv import parse
from tests.real_data import FOLDER, needs

REAL = FOLDER / "sanctions"
with_real_lists = needs(REAL)

BITCOIN = "149w62rY42aZBox8fGcmqNsXUzSStKeq8C"
ETHER = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96"


def real(name: str) -> bytes:
    return (REAL / name).read_bytes()


@cache
def a_real_sdn(name: str) -> ParsedList:
    return parse(real(name))


def a_row(
    number: int = 1,
    name: str = "DOE, John",
    kind: str = "individual",
    programme: str = "CYBER2",
    remarks: str = "DOB 15 Jan 1955; nationality Russia; Gender Male.",
) -> str:
    kind_field = f'"{kind}"' if kind else "-0- "
    return f'{number},"{name}",{kind_field},"{programme}",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"{remarks}"\r\n'


def an_sdn(*rows: str) -> bytes:
    return ("".join(rows or (a_row(),)) + "\x1a").encode()


ALT = b'1,11,"aka","DOE, Johnny",-0- \r\n1,12,"fka","ROE, John",-0- \r\n\x1a'
ADD = b'1,21,"1 Example Street","Moscow 101000","Russia",-0- \r\n1,22,-0- ,-0- ,"Korea, North",-0- \r\n\x1a'

SDN_XML = f"""<?xml version="1.0" standalone="yes"?>
<sdnList xmlns="https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/XML">
  <publshInformation><Publish_Date>11/20/2026</Publish_Date><Record_Count>2</Record_Count></publshInformation>
  <sdnEntry>
    <uid>1</uid><firstName>John</firstName><lastName>DOE</lastName><title>Treasurer</title><sdnType>Individual</sdnType>
    <remarks>(Linked To: EXAMPLE GROUP)</remarks>
    <programList><program>CYBER2</program><program>DPRK3</program></programList>
    <idList>
      <id><uid>1</uid><idType>Passport</idType><idNumber>645720381</idNumber><idCountry>Russia</idCountry></id>
      <id><uid>2</uid><idType>Digital Currency Address - XBT</idType><idNumber>{BITCOIN}</idNumber></id>
      <id><uid>3</uid><idType>Gender</idType><idNumber>Male</idNumber></id>
      <id><uid>4</uid><idType>Secondary sanctions risk:</idType><idNumber>section 1(b)</idNumber></id>
    </idList>
    <akaList>
      <aka><uid>5</uid><type>a.k.a.</type><category>strong</category><lastName>DOE</lastName><firstName>Johnny</firstName></aka>
      <aka><uid>6</uid><type>a.k.a.</type><category>weak</category><lastName>BIG FISH</lastName></aka>
    </akaList>
    <addressList><address><uid>7</uid><address1>1 Example Street</address1><city>Moscow</city><country>Russia</country>
    </address></addressList>
    <nationalityList><nationality><uid>8</uid><country>Russia</country><mainEntry>true</mainEntry></nationality></nationalityList>
    <citizenshipList><citizenship><uid>9</uid><country>Cyprus</country></citizenship></citizenshipList>
    <dateOfBirthList><dateOfBirthItem><uid>10</uid><dateOfBirth>15 Jan 1955</dateOfBirth></dateOfBirthItem>
      <dateOfBirthItem><uid>11</uid><dateOfBirth>circa 1956</dateOfBirth></dateOfBirthItem></dateOfBirthList>
    <placeOfBirthList><placeOfBirthItem><uid>12</uid><placeOfBirth>Moscow, Russia</placeOfBirth></placeOfBirthItem>
    </placeOfBirthList>
  </sdnEntry>
  <sdnEntry>
    <uid>2</uid><lastName>EXAMPLE STAR</lastName><sdnType>Vessel</sdnType>
    <programList><program>IRAN</program></programList>
    <idList><id><uid>13</uid><idType>Vessel Registration Identification</idType><idNumber>IMO 7406784</idNumber></id></idList>
    <vesselInfo><callSign>T2EU4</callSign><vesselType>Tug</vesselType><vesselFlag>Iran</vesselFlag></vesselInfo>
  </sdnEntry>
</sdnList>
""".encode()

UN_XML = """<?xml version="1.0" encoding="UTF-8"?>
<CONSOLIDATED_LIST xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" dateGenerated="2026-11-20T00:00:04.0Z">
 <INDIVIDUALS>
  <INDIVIDUAL>
   <DATAID>101</DATAID><VERSIONNUM>1</VERSIONNUM>
   <FIRST_NAME>JOHN</FIRST_NAME><SECOND_NAME>ADAM</SECOND_NAME><THIRD_NAME>DOE</THIRD_NAME><FOURTH_NAME/>
   <UN_LIST_TYPE>DRC</UN_LIST_TYPE><REFERENCE_NUMBER>CDi.999</REFERENCE_NUMBER><LISTED_ON>2012-12-31</LISTED_ON>
   <GENDER>Male</GENDER><NAME_ORIGINAL_SCRIPT>جون دو</NAME_ORIGINAL_SCRIPT><COMMENTS1>An example.</COMMENTS1>
   <TITLE><VALUE>Colonel</VALUE></TITLE><DESIGNATION><VALUE>Deputy</VALUE><VALUE>Envoy</VALUE></DESIGNATION>
   <NATIONALITY><VALUE>Democratic Republic of the Congo</VALUE></NATIONALITY>
   <INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Johnny Doe</ALIAS_NAME></INDIVIDUAL_ALIAS>
   <INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>The Colonel</ALIAS_NAME></INDIVIDUAL_ALIAS>
   <INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS>
   <INDIVIDUAL_ADDRESS><CITY>Goma</CITY><COUNTRY>Democratic Republic of the Congo</COUNTRY></INDIVIDUAL_ADDRESS>
   <INDIVIDUAL_ADDRESS/>
   <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1971-05-09</DATE></INDIVIDUAL_DATE_OF_BIRTH>
   <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><YEAR>1972</YEAR></INDIVIDUAL_DATE_OF_BIRTH>
   <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1969</FROM_YEAR><TO_YEAR>1973</TO_YEAR>
   </INDIVIDUAL_DATE_OF_BIRTH>
   <INDIVIDUAL_PLACE_OF_BIRTH><CITY>Bukavu</CITY><COUNTRY>Zaire</COUNTRY></INDIVIDUAL_PLACE_OF_BIRTH>
   <INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>Passport</TYPE_OF_DOCUMENT><NUMBER>OB 0243318</NUMBER>
    <ISSUING_COUNTRY>Uganda</ISSUING_COUNTRY></INDIVIDUAL_DOCUMENT>
   <INDIVIDUAL_DOCUMENT/>
  </INDIVIDUAL>
 </INDIVIDUALS>
 <ENTITIES>
  <ENTITY><DATAID>102</DATAID><FIRST_NAME>EXAMPLE FRONT</FIRST_NAME><UN_LIST_TYPE>DRC</UN_LIST_TYPE>
   <REFERENCE_NUMBER>CDe.999</REFERENCE_NUMBER>
   <ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>EF</ALIAS_NAME></ENTITY_ALIAS>
   <ENTITY_ADDRESS><STREET>1 Example Street</STREET><COUNTRY>Iran (Islamic Republic of)</COUNTRY></ENTITY_ADDRESS>
  </ENTITY>
 </ENTITIES>
</CONSOLIDATED_LIST>
""".encode()

EU_XML = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2026-11-20T14:39:54.511+01:00" globalFileId="199999">
 <sanctionEntity designationDetails="" unitedNationId="" euReferenceNumber="EU.9.99" logicalId="201">
  <remark>An example.</remark>
  <regulation regulationType="amendment" programme="RUS" numberTitle="1/2026 (OJ L1)" logicalId="1"/>
  <regulation regulationType="regulation" programme="RUS" numberTitle="2/2026 (OJ L2)" logicalId="2"/>
  <subjectType code="person" classificationCode="P"/>
  <nameAlias firstName="" middleName="" lastName="" wholeName="The Banker" strong="false" logicalId="3"/>
  <nameAlias firstName="John" middleName="Adam" lastName="Doe" wholeName="John Adam Doe" function="Director" gender="M"
   title="Mr" strong="true" logicalId="4"/>
  <nameAlias firstName="John" middleName="Adam" lastName="Doe" wholeName="John Adam Doe" strong="true" logicalId="5"/>
  <nameAlias wholeName="Джон Доу" nameLanguage="RU" strong="true" logicalId="6"/>
  <citizenship region="" countryIso2Code="RU" countryDescription="RUSSIAN FEDERATION" logicalId="7"/>
  <citizenship region="" countryIso2Code="00" countryDescription="UNKNOWN" logicalId="8"/>
  <birthdate circa="false" birthdate="1955-01-15" dayOfMonth="15" monthOfYear="1" year="1955" city="Moscow"
   countryIso2Code="RU" countryDescription="RUSSIAN FEDERATION" logicalId="9"/>
  <birthdate circa="true" year="1956" countryIso2Code="00" countryDescription="UNKNOWN" logicalId="10"/>
  <birthdate circa="false" yearRangeFrom="1957" yearRangeTo="1958" countryIso2Code="00" countryDescription="UNKNOWN"/>
  <identification identificationTypeCode="passport" identificationTypeDescription="National passport" number="645720381"
   countryIso2Code="RU" logicalId="11"/>
  <address city="Moscow" street="1 Example Street" poBox="" zipCode="101000" countryIso2Code="RU" logicalId="12"/>
 </sanctionEntity>
 <sanctionEntity euReferenceNumber="" logicalId="202">
  <regulation programme="PRK" logicalId="13"/>
  <subjectType code="enterprise" classificationCode="E"/>
  <nameAlias wholeName="Example Trading" strong="true" logicalId="14"/>
 </sanctionEntity>
</export>
""".encode()

UK_XML = """<?xml version="1.0" encoding="utf-8"?>
<Designations xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <DateGenerated>20/11/2026</DateGenerated>
 <Designation>
  <LastUpdated>01/11/2026</LastUpdated><DateDesignated>29/06/2012</DateDesignated><UniqueID>AFG0999</UniqueID>
  <OFSIGroupID>99999</OFSIGroupID><UNReferenceNumber>TAi.999</UNReferenceNumber>
  <Names>
   <Name><Name6>The Mullah</Name6><NameType>ALias</NameType><AliasStrength>Low quality a.k.a</AliasStrength></Name>
   <Name><Name1>JOHN</Name1><Name2>ADAM</Name2><Name6>DOE</Name6><NameType>Primary Name</NameType></Name>
   <Name><Name1>JON</Name1><Name6>DOE</Name6><NameType>Primary name variation</NameType></Name>
  </Names>
  <NonLatinNames><NonLatinName><NameNonLatinScript>محمد</NameNonLatinScript></NonLatinName></NonLatinNames>
  <Titles><Title>Mullah</Title></Titles>
  <RegimeName>The Example Regulations 2020</RegimeName><IndividualEntityShip>Individual</IndividualEntityShip>
  <SanctionsImposed>Asset freeze|Travel Ban</SanctionsImposed><OtherInformation>An example.</OtherInformation>
  <Addresses><Address><AddressLine6>Kabul</AddressLine6><AddressCountry>Afghanistan</AddressCountry></Address></Addresses>
  <IndividualDetails><Individual>
   <DOBs><DOB>dd/mm/1945</DOB><DOB>15/01/1946</DOB></DOBs>
   <Nationalities><Nationality>Afghanistan</Nationality></Nationalities>
   <PassportDetails><Passport><PassportNumber>OR 801168</PassportNumber>
    <PassportAdditionalInformation>Issued 28/02/2006</PassportAdditionalInformation></Passport></PassportDetails>
   <Positions><Position>Deputy Minister</Position></Positions><Genders><Gender>Male</Gender></Genders>
   <BirthDetails><Location><TownOfBirth>Kabul</TownOfBirth><CountryOfBirth>Afghanistan</CountryOfBirth></Location></BirthDetails>
  </Individual></IndividualDetails>
 </Designation>
 <Designation><UniqueID>RUS9999</UniqueID>
  <Names><Name><Name6>EXAMPLE STAR</Name6><NameType>Primary Name</NameType></Name></Names>
  <RegimeName>The Russia Regulations</RegimeName><IndividualEntityShip>Ship</IndividualEntityShip>
  <ShipDetails><Ship><IMONumbers><IMONumber>7406784</IMONumber></IMONumbers></Ship></ShipDetails>
 </Designation>
</Designations>
""".encode()

UK_CSV_HEADER = (
    "Last Updated,Unique ID,OFSI Group ID,UN Reference Number,Name 6,Name 1,Name 2,Name 3,Name 4,Name 5,Name type,"
    "Alias strength,Title,Name non-latin script,Non-latin script type,Non-latin script language,Regime Name,Designation Type,"
    "Designation source,Sanctions Imposed,Other Information,UK Statement of Reasons,Address Line 1,Address Line 2,"
    "Address Line 3,Address Line 4,Address Line 5,Address Line 6,Address Postal Code,Address Country,Phone number,Website,"
    "Email address,Date Designated,D.O.B,Nationality(/ies),National Identifier number,"
    "National Identifier additional information,Passport number,Passport additional information,Position,Gender,"
    "Town of birth,Country of birth,IMO number"
)


def a_uk_row(**values: str) -> str:
    return ",".join(values.get(column, "") for column in UK_CSV_HEADER.split(","))


UK_ROWS = (
    a_uk_row(**{
        "Unique ID": "AFG0999", "Name 6": "The Mullah", "Name type": "ALias", "Alias strength": "Low quality a.k.a",
        "Regime Name": "The Example Regulations 2020", "Designation Type": "Individual",
    }),
    a_uk_row(**{
        "Unique ID": "AFG0999", "UN Reference Number": "TAi.999", "Name 6": "DOE", "Name 1": "JOHN", "Name 2": "ADAM",
        "Name type": "Primary Name", "Name non-latin script": "محمد", "Title": "Mullah", "Position": "Deputy Minister",
        "Regime Name": "The Example Regulations 2020", "Designation Type": "Individual", "D.O.B": "dd/mm/1945",
        "Nationality(/ies)": "Afghanistan", "Passport number": "OR 801168", "Gender": "Male", "Town of birth": "Kabul",
        "Passport additional information": "Issued 28/02/2006", "Country of birth": "Afghanistan",
        "Address Line 6": "Kabul", "Address Country": "Afghanistan", "Sanctions Imposed": "Asset freeze|Travel Ban",
    }),
    a_uk_row(**{
        "Unique ID": "AFG0999", "Name 6": "DOE", "Name 1": "JON", "Name type": "Primary name variation",
        "Regime Name": "The Example Regulations 2020", "Designation Type": "Individual", "D.O.B": "15/01/1946",
        "Nationality(/ies)": "Afghanistan",
    }),
    a_uk_row(**{
        "Unique ID": "RUS9999", "Name 6": "EXAMPLE STAR", "Name type": "Primary Name", "IMO number": "7406784",
        "Regime Name": "The Russia Regulations", "Designation Type": "Ship",
    }),
)  # fmt: skip
UK_CSV = ("Report Date: 20-Nov-2026\r\n" + "\r\n".join((UK_CSV_HEADER, *UK_ROWS)) + "\r\n").encode()

FTM = (
    '{"id":"NK-1","caption":"John Doe","schema":"Person","last_change":"2026-11-19T10:00:00","properties":{"name":["John Doe",'
    '"Джон Доу"],"alias":["Johnny Doe"],"weakAlias":["Big Fish"],"birthDate":["1955-01","1955-01-15"],"nationality":["ru"],'
    '"topics":["sanction"],"passportNumber":["645720381"],"program":["CYBER2"],"firstName":["John"],"lastName":["Doe"]}}\n'
    '{"id":"w-1","caption":"x","schema":"CryptoWallet","properties":{"currency":["XBT"],"publicKey":["'
    + BITCOIN
    + '"],'
    '"holder":["NK-1"]}}\n'
    '{"id":"d-1","caption":"y","schema":"Identification","properties":{"holder":["NK-1"],"number":["4509 123456"],'
    '"country":["ru"],"type":["National ID"]}}\n'
    '{"id":"NK-2","caption":"A Politician","schema":"Person","properties":{"name":["A Politician"],"topics":["role.pep"]}}\n'
    '{"id":"w-2","caption":"z","schema":"CryptoWallet","properties":{"currency":["ETH"],"publicKey":["' + ETHER + '"],'
    '"topics":["sanction"]}}\n'
    '{"id":"s-1","caption":"s","schema":"Sanction","properties":{"entity":["NK-1"],"program":["X"]}}\n'
).encode()

WALLETS = f"{BITCOIN}\nbc1qw7ql06lymrnnmpxm8jyyjqzs0usfdk9ncf2uxy\n".encode()

OWN = f"""
list = "HOUSE"
source = "the risk committee"
as_of = 2026-11-20

[[entry]]
id = "1"
kind = "person"
names = ["DOE, John"]
births = ["15 Jan 1955"]
nationalities = ["Russia"]
wallets = ["XBT {BITCOIN}"]
documents = ["Passport 645720381 (Russia)"]
""".encode()

EVERY_FORMAT: dict[str, bytes] = {
    "ofac-sdn-csv": an_sdn(),
    "ofac-alt-csv": ALT,
    "ofac-add-csv": ADD,
    "ofac-comments-csv": b'1,"and more"\r\n\x1a',
    "ofac-sdn-xml": SDN_XML,
    "un-xml": UN_XML,
    "eu-xml": EU_XML,
    "uk-xml": UK_XML,
    "uk-csv": UK_CSV,
    "opensanctions": FTM,
    "habeas": OWN,
    "wallets": WALLETS,
}
