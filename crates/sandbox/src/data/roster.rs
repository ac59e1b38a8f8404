//! The people and groups of the demo's company.

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Enabled,
    Disabled,
    WithoutAddress,
}

/// Login, given name, surname, title. The address is made of the login.
pub(super) type Person = (&'static str, &'static str, &'static str, &'static str, State);

use State::{Disabled, Enabled, WithoutAddress};

pub(super) const PEOPLE: [Person; 50] = [
    ("aoi.sanabe", "葵", "佐鍋", "Director", Enabled),
    ("elodie.vautrelle", "Élodie", "Vautrelle", "Head of Engineering", Enabled),
    ("nikos.amvrosaris", "Νίκος", "Αμβροσάρης", "Platform Engineer", Enabled),
    ("brannoch.tarrowby", "Brannoch", "Tarrowby", "Platform Engineer", Enabled),
    ("jadwiga.miroszek", "Jadwiga", "Miroszęk", "Platform Engineer", Enabled),
    ("soren.kvistlund", "Søren", "Kvistlund", "Platform Engineer", Enabled),
    ("ines.caldoura", "Inês", "Caldoura", "Site Reliability Engineer", Enabled),
    ("tariq.benzhari", "Tariq", "Benzhari", "Site Reliability Engineer", Enabled),
    ("haruto.minemori", "陽斗", "峰杜", "Site Reliability Engineer", Enabled),
    ("wilhelmina.osterrade", "Wilhelmina", "Osterräde", "Site Reliability Engineer", Enabled),
    ("chidi.okwarande", "Chidi", "Okwarande", "Software Engineer", Enabled),
    ("liesbeth.van.der.hoogsteen", "Liesbeth", "van der Hoogsteen", "Software Engineer", Enabled),
    ("yerlan.tolebayuly", "Ерлан", "Төлебайұлы", "Software Engineer", Enabled),
    ("maire.ni.dhuinn", "Máire", "Ní Dhuínn", "Software Engineer", Enabled),
    ("rafael.pinhalto", "Rafael", "Pinhalto", "Software Engineer", Enabled),
    ("sunniva.fjellbrekke", "Sunniva", "Fjellbrekke", "Software Engineer", Enabled),
    ("oriol.castellfosc", "Oriol", "Castellfosc", "Software Engineer", Enabled),
    ("danai.theotokari", "Δανάη", "Θεοτοκάρη", "Quality Engineer", Enabled),
    ("ferenc.harsvolgyi", "Ferenc", "Hársvölgyi", "Quality Engineer", Enabled),
    ("keala.maunaloha", "Keala", "Maunaloha", "Quality Engineer", Enabled),
    ("priya.venkatarun", "Priya", "Venkatarun", "Quality Engineer", Enabled),
    ("tomas.brezinsky", "Tomáš", "Březinský", "Quality Engineer", Enabled),
    ("amina.diabarra", "Amina", "Diabarra", "Head of Sales", Enabled),
    ("hedvig.stjarnfalt", "Hedvig", "Stjärnfält", "Account Manager", Enabled),
    ("callum.mcinverlay", "Callum", "McInverlay", "Account Manager", Enabled),
    ("noor.eldahabi", "نور", "الدهبي", "Account Manager", Enabled),
    ("pekka.haukkasuo", "Pekka", "Haukkasuo", "Account Manager", Enabled),
    ("leilani.kawaiola", "Leilani", "Kawaiola", "Account Manager", Enabled),
    ("jose.maria.arrebol", "José María", "Arrebol", "Account Manager", Enabled),
    ("aurelie.montfaucard", "Aurélie", "Montfaucard", "Account Manager", Enabled),
    ("vytautas.giriunas", "Vytautas", "Giriūnas", "Account Manager", Enabled),
    ("sefa.yildirmaz", "Sefa", "Yıldırmaz", "Sales Assistant", Enabled),
    ("xiulan.baiyunting", "秀兰", "白云亭", "Head of Finance", Enabled),
    ("gunnar.isbergsson", "Gunnar", "Ísbergsson", "Accountant", Enabled),
    ("roswitha.kranzbuhl", "Roswitha", "Kränzbühl", "Accountant", Enabled),
    ("kwame.asantewood", "Kwame", "Asantewood", "Accountant", Enabled),
    ("isaura.valdeluz", "Isaura", "Valdeluz", "Payroll Officer", Enabled),
    ("dmytro.yavorenko", "Дмитро", "Яворенко", "Controller", Enabled),
    ("beatrix.fonteyne.lang", "Beatrix", "Fonteyne-Lang", "Office Manager", Enabled),
    ("conor.oballinrae", "Conor", "O'Ballinrae", "Facilities", Enabled),
    ("miriam.goldhain", "Miriam", "Goldhain", "People Partner", Enabled),
    ("thandiwe.mkhabelo", "Thandiwe", "Mkhabelo", "People Partner", Enabled),
    ("zdenka.plavsina", "Ždenka", "Plavšina", "Legal Counsel", Enabled),
    ("iolanda.serravento", "Iolanda", "Serravento", "Communications", Enabled),
    ("birgit.aschenmoor", "Birgit", "Aschenmoor", "Account Manager", Enabled),
    ("marek.olchowiec", "Marek", "Olchowiec", "Software Engineer", Disabled),
    ("silje.tangvik", "Silje", "Tangvik", "Accountant", Disabled),
    ("anselm.quarrington", "Anselm", "Quarrington", "Director", Disabled),
    ("reception.screen", "Reception", "Screen", "Shared Device", WithoutAddress),
    ("yuna.hoshimachi", "ゆな", "星街", "Trainee", WithoutAddress),
];

pub(super) enum Member {
    Person(&'static str),
    Group(&'static str),
}

use Member::{Group, Person as One};

pub(super) const GROUPS: [(&str, &str, &[Member]); 12] = [
    (
        "All Staff",
        "Everybody, by way of the other groups",
        &[Group("Engineering"), Group("Sales"), Group("Finance 2024"), Group("Office"), One("aoi.sanabe")],
    ),
    (
        "Engineering",
        "Those who build it",
        &[
            Group("Platform"),
            Group("Quality"),
            One("elodie.vautrelle"),
            One("chidi.okwarande"),
            One("liesbeth.van.der.hoogsteen"),
            One("yerlan.tolebayuly"),
            One("maire.ni.dhuinn"),
            One("rafael.pinhalto"),
            One("sunniva.fjellbrekke"),
            One("oriol.castellfosc"),
            One("marek.olchowiec"),
        ],
    ),
    (
        "Platform",
        "Those who keep it running",
        &[
            Group("On-Call 24/7"),
            One("nikos.amvrosaris"),
            One("brannoch.tarrowby"),
            One("jadwiga.miroszek"),
            One("soren.kvistlund"),
        ],
    ),
    (
        "On-Call 24/7",
        "Those who are woken up",
        &[
            One("ines.caldoura"),
            One("tariq.benzhari"),
            One("haruto.minemori"),
            One("wilhelmina.osterrade"),
            One("soren.kvistlund"),
        ],
    ),
    (
        "Quality",
        "Those who try to break it",
        &[
            One("danai.theotokari"),
            One("ferenc.harsvolgyi"),
            One("keala.maunaloha"),
            One("priya.venkatarun"),
            One("tomas.brezinsky"),
        ],
    ),
    (
        "Sales",
        "Those who sell it",
        &[
            Group("Sales, North"),
            One("amina.diabarra"),
            One("noor.eldahabi"),
            One("leilani.kawaiola"),
            One("jose.maria.arrebol"),
            One("aurelie.montfaucard"),
            One("sefa.yildirmaz"),
            One("birgit.aschenmoor"),
        ],
    ),
    (
        "Sales, North",
        "Those who sell it where it is cold",
        &[
            One("hedvig.stjarnfalt"),
            One("callum.mcinverlay"),
            One("pekka.haukkasuo"),
            One("vytautas.giriunas"),
        ],
    ),
    (
        "Finance 2024",
        "Those who count",
        &[
            One("xiulan.baiyunting"),
            One("gunnar.isbergsson"),
            One("roswitha.kranzbuhl"),
            One("kwame.asantewood"),
            One("isaura.valdeluz"),
            One("dmytro.yavorenko"),
            One("silje.tangvik"),
        ],
    ),
    (
        "Office",
        "Those who look after everybody",
        &[
            One("beatrix.fonteyne.lang"),
            One("conor.oballinrae"),
            One("miriam.goldhain"),
            One("thandiwe.mkhabelo"),
            One("zdenka.plavsina"),
            One("iolanda.serravento"),
            One("reception.screen"),
            One("yuna.hoshimachi"),
        ],
    ),
    (
        "Project Alder",
        "Holds Project Birch, which holds it",
        &[Group("Project Birch"), One("chidi.okwarande"), One("priya.venkatarun")],
    ),
    (
        "Project Birch",
        "Holds Project Alder, which holds it",
        &[Group("Project Alder"), One("kwame.asantewood"), One("danai.theotokari")],
    ),
    ("Alumni", "Nobody yet", &[]),
];
